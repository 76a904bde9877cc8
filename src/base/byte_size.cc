#include "src/base/byte_size.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

namespace edge_int8 {
namespace {

std::optional<double> BytesOf(std::string_view unit) {
  std::string name;
  for (const char c : unit) {
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (name == "b") return 1;
  constexpr std::string_view kPrefixes = "kmgt";
  const std::size_t power = kPrefixes.find(name.empty() ? ' ' : name[0]);
  if (power == std::string_view::npos) return {};
  const std::string_view rest = std::string_view(name).substr(1);
  const double exponent = static_cast<double>(power) + 1;
  if (rest.empty() || rest == "i" || rest == "ib") {
    return std::pow(1024, exponent);
  }
  if (rest == "b") return std::pow(1000, exponent);
  return {};
}

}  // namespace

std::optional<int64_t> ParseByteSize(std::string_view text, int64_t unit) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  std::string_view name =
      text.substr(static_cast<std::size_t>(end - text.data()));
  while (name.starts_with(' ')) name.remove_prefix(1);
  std::optional<double> bytes = static_cast<double>(unit);
  if (!name.empty()) bytes = BytesOf(name);
  if (!bytes) return {};
  const double size = std::round(number * *bytes);
  // Also false for NaN.
  if (!(size >= 0 && size <= 0x1p62)) return {};
  return static_cast<int64_t>(size);
}

}  // namespace edge_int8
