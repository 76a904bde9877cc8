#include "src/pose/file_split.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <regex>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/pose/python_random.h"

namespace edge_int8 {

FileSplit SplitFiles(int files) {
  const std::vector<int> order = PythonShuffle(kSplitSeed, files);
  // In double, as Python does: 0.7 * 90 is 62.99..., so 62 files.
  const auto train = static_cast<std::ptrdiff_t>(std::floor(0.7 * files));
  const auto val = static_cast<std::ptrdiff_t>(std::floor(0.15 * files));
  const auto val_begin = std::next(order.begin(), train);
  const auto test_begin = std::next(val_begin, val);
  return {{order.begin(), val_begin},
          {val_begin, test_begin},
          {test_begin, order.end()}};
}

std::vector<bool> MatchNames(const std::vector<std::string>& names,
                             const std::string& pattern) {
  // std::regex recurses for each character that it matches.
  constexpr std::size_t kLongestName = 4096;
  std::vector<bool> matches;
  try {
    const std::regex regex(pattern);
    for (const std::string& name : names) {
      if (name.size() > kLongestName) {
        throw Error(ErrorKind::kBadInput,
                    fmt::format("a recording's name has {} bytes, and names of "
                                "at most {} are matched",
                                name.size(), kLongestName));
      }
      matches.push_back(std::regex_search(name, regex));
    }
  } catch (const std::regex_error& error) {
    FailUsage(fmt::format("'{}' is no regular expression: {}", pattern,
                          error.what()));
  }
  return matches;
}

FileSplit HoldOut(const std::vector<std::string>& names,
                  const std::string& pattern) {
  const std::vector<bool> matches = MatchNames(names, pattern);
  FileSplit split;
  std::vector<int> others;
  for (std::size_t i = 0; i < names.size(); ++i) {
    (matches[i] ? split.test : others).push_back(static_cast<int>(i));
  }
  if (split.test.empty() || others.empty()) {
    FailUsage(fmt::format(
        "--hold-out '{}' matches {} of {} recordings, and must leave some to "
        "train; the first is named '{}'",
        pattern, split.test.empty() ? "none" : "all", names.size(),
        names.empty() ? "" : names.front()));
  }
  const auto count = static_cast<int>(others.size());
  const auto val = static_cast<int>(std::floor(0.15 * count));
  const std::vector<int> order = PythonShuffle(kSplitSeed, count);
  for (int i = 0; i < count; ++i) {
    const int file = others[AsSize(order[AsSize(i)])];
    (i < count - val ? split.train : split.val).push_back(file);
  }
  return split;
}

}  // namespace edge_int8
