#include "src/export/c/c_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <limits>

namespace edge_int8 {
namespace {

constexpr std::size_t kMaxName = 40;
constexpr std::size_t kColumns = 80;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return upper;
}

}  // namespace

bool IsCName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::ranges::all_of(name, IsNameCharacter);
}

std::string CNameFrom(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const auto lower =
        static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    name += IsNameCharacter(lower) ? lower : '_';
  }
  name = name.substr(0, kMaxName);
  const auto underscore = [](char c) { return c == '_'; };
  return std::ranges::all_of(name, underscore) ? "model" : name;
}

std::string WithPrefix(std::string_view text, std::string_view name) {
  const std::string prefix = fmt::format("edge_int8_{}", name);
  std::string result(text);
  ReplaceAll(result, "ei8.h", prefix + ".h");
  ReplaceAll(result, "ei8_", prefix + "_");
  ReplaceAll(result, "EI8_", Upper(prefix) + "_");
  return result;
}

std::string WithConditions(std::string_view text,
                           const std::set<std::string>& names) {
  constexpr std::string_view kIf = "#ifdef EI8_";
  std::string kept;
  bool inside = false, keep = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    if (line.starts_with(kIf)) {
      const std::string_view name = line.substr(line.find("EI8_"));
      keep = names.contains(std::string(name.substr(0, name.find('\n'))));
      inside = true;
    } else if (inside && line.starts_with("#else")) {
      keep = !keep;
    } else if (inside && line.starts_with("#endif")) {
      keep = true;
      inside = false;
    } else if (keep) {
      kept += line;
    }
  }
  return kept;
}

std::string CComment(std::string_view text) {
  std::string comment(text);
  // A line that continues, a trigraph.
  std::ranges::replace(comment, '\\', '/');
  std::ranges::replace(comment, '?', '.');
  return comment;
}

std::string CArray(std::string_view type, std::string_view name,
                   std::span<const int64_t> values) {
  std::string text =
      fmt::format("static const {} {}[{}] = {{\n", type, name, values.size());
  std::string line = "   ";
  for (const int64_t value : values) {
    const std::string item = value == std::numeric_limits<int32_t>::min()
                                 ? fmt::format(" ({} - 1),", value + 1)
                                 : fmt::format(" {},", value);
    if (line.size() + item.size() > kColumns) {
      text += line + "\n";
      line = "   ";
    }
    line += item;
  }
  return text + line + "\n};\n";
}

}  // namespace edge_int8
