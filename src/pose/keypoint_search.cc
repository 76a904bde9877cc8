#include "src/pose/keypoint_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "src/base/error.h"
#include "src/formats/npz.h"
#include "src/formats/string_array.h"

namespace edge_int8 {
namespace {

using std::filesystem::path;

std::string WithSlashes(std::string name) {
  std::ranges::replace(name, '\\', '/');
  return name;
}

bool IsFile(const path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored);
}

// Windows, where many sets are made, takes a.CSV for a.csv.
std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

enum class Case { kMatters, kIgnored };

// Parts at the end of both paths that are equal.
std::ptrdiff_t CommonTail(const path& a, const path& b, Case letters) {
  const auto parts = [&](const path& whole) {
    std::vector<std::string> list;
    for (const path& part : whole) {
      list.push_back(letters == Case::kIgnored ? Lower(part.string())
                                               : part.string());
    }
    return list;
  };
  const std::vector<std::string> left = parts(a), right = parts(b);
  return std::mismatch(left.rbegin(), left.rend(), right.rbegin(), right.rend())
             .first -
         left.rbegin();
}

// Those of `files` that share the longest end with `name`: subject1/walking.csv
// where every subject has a walking.csv.
std::vector<path> LongestTails(const std::vector<path>& files, const path& name,
                               Case letters) {
  std::vector<path> longest;
  std::ptrdiff_t most = 1;
  for (const path& file : files) {
    const std::ptrdiff_t tail = CommonTail(file, name, letters);
    if (tail > most) longest.clear();
    most = std::max(most, tail);
    if (tail == most) longest.push_back(file);
  }
  return longest;
}

}  // namespace

KeypointSearch::KeypointSearch(path folder, std::optional<path> root,
                               std::string reason)
    : folder_(std::move(folder)),
      root_(std::move(root)),
      reason_(std::move(reason)) {}

std::vector<path> KeypointSearch::Candidates(const std::string& name) const {
  const path slashed = WithSlashes(name);
  // folder / "/a" would be "/a", not a place below the folder.
  if (root_) {
    return {*root_ / path(name).relative_path(),
            *root_ / slashed.relative_path()};
  }
  return {path(name), folder_ / name, slashed, folder_ / slashed};
}

void KeypointSearch::IndexBaseNames() {
  by_base_name_.emplace();
  std::error_code error;
  std::filesystem::recursive_directory_iterator files(
      root_.value_or(folder_),
      std::filesystem::directory_options::skip_permission_denied, error);
  for (; !error && files != end(files); files.increment(error)) {
    if (!IsFile(files->path())) continue;
    (*by_base_name_)[Lower(files->path().filename().string())].push_back(
        files->path());
  }
}

path KeypointSearch::Find(const std::string& name) {
  for (const path& candidate : Candidates(name)) {
    if (IsFile(candidate)) return candidate;
  }
  if (!by_base_name_) IndexBaseNames();
  const path top = root_.value_or(folder_);
  const path slashed = WithSlashes(name);
  const auto found = by_base_name_->find(Lower(slashed.filename().string()));
  if (found == by_base_name_->end()) {
    FailInput(top.string(),
              fmt::format("keypoint file '{}' of file_info.npz is neither "
                          "there as named nor anywhere below; "
                          "--keypoints-root DIR says where to look{}",
                          name, reason_));
  }
  std::vector<path> longest =
      LongestTails(found->second, slashed, Case::kMatters);
  if (longest.size() != 1) {
    longest = LongestTails(found->second, slashed, Case::kIgnored);
  }
  if (longest.size() > 1) {
    FailInput(top.string(),
              fmt::format("{} files match the name of keypoint file '{}' "
                          "equally far, expected one ('{}', '{}'); "
                          "--keypoints-root DIR says where to look",
                          longest.size(), name, longest[0].string(),
                          longest[1].string()));
  }
  return longest.front();
}

std::vector<path> KeypointFiles(const path& folder,
                                const std::optional<path>& root) {
  std::vector<std::string> names;
  try {
    const NpyArray array =
        Npz(folder / "file_info.npz").Read("keypoints_files");
    names = ReadStrings(array.view());
  } catch (const Error&) {
    return {};  // Whoever reads the set says what is wrong with it.
  }
  KeypointSearch search(folder, root);
  std::vector<path> found;
  for (const std::string& name : names) {
    try {
      found.push_back(search.Find(name));
    } catch (const Error&) {
      continue;
    }
  }
  return found;
}

}  // namespace edge_int8
