#include "apps/cli/unknown_word.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

namespace edge_int8 {
namespace {

// Letters to insert, drop or change (Levenshtein).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// "; did you mean evaluate?", or nothing when none is two letters away.
std::string Suggestion(std::string_view word,
                       const std::vector<std::string>& names) {
  const auto nearest = std::ranges::min_element(
      names, {}, [&](const std::string& name) { return Distance(word, name); });
  if (nearest == names.end() || Distance(word, *nearest) > 2) return "";
  return fmt::format("; did you mean {}?", *nearest);
}

// "export onnx" as far as it was understood: the verb, and its verb.
std::vector<const CLI::App*> ParsedVerbs(const CLI::App& app) {
  std::vector<const CLI::App*> verbs = {&app};
  while (!verbs.back()->get_subcommands().empty()) {
    verbs.push_back(verbs.back()->get_subcommands().back());
  }
  return verbs;
}

std::vector<std::string> FlagsOf(const std::vector<const CLI::App*>& verbs) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs) {
    for (const CLI::Option* option : verb->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back("--" + name);
      }
    }
  }
  return names;
}

std::vector<std::string> VerbsOf(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb :
       app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  return names;
}

}  // namespace

std::optional<std::string> DescribeUnknownWord(const CLI::App& app) {
  std::vector<std::string> left = app.remaining(true);
  std::erase(left, "--");
  if (left.empty()) return std::nullopt;
  const std::vector<const CLI::App*> verbs = ParsedVerbs(app);
  const CLI::App& verb = *verbs.back();
  const std::string where =
      verbs.size() > 1 ? fmt::format("{}: ", verb.get_name()) : "";
  if (left[0].starts_with("-")) {
    const std::string flag = left[0].substr(0, left[0].find('='));
    return fmt::format("{}there is no flag {}{}", where, flag,
                       Suggestion(flag, FlagsOf(verbs)));
  }
  const std::vector<std::string> names = VerbsOf(verb);
  if (names.empty()) {
    return fmt::format("{}'{}' is not expected", where, left[0]);
  }
  return fmt::format("{}'{}' is none of {}{}", where, left[0],
                     fmt::join(names, ", "), Suggestion(left[0], names));
}

}  // namespace edge_int8
