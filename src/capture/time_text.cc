#include "src/capture/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>

namespace edge_int8 {
namespace {

// 292 years of nanoseconds fit; half of that keeps differences in range.
constexpr double kLargest = 4e18;

bool Digit(char c) { return c >= '0' && c <= '9'; }

// Takes `digits` digits off the front, or any number of them for 0.
std::optional<int64_t> TakeDigits(std::string_view& text, std::size_t digits) {
  std::size_t count = 0;
  int64_t value = 0;
  while (count < text.size() && Digit(text[count]) &&
         (digits == 0 ? count < 18 : count < digits)) {
    value = value * 10 + (text[count] - '0');
    ++count;
  }
  if (count == 0 || (digits != 0 && count != digits)) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool TakeOne(std::string_view& text, std::string_view of) {
  if (text.empty() || of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// ".25" as a part of `unit`: 250,000,000 of a second.
int64_t TakeFraction(std::string_view& text, int64_t unit) {
  if (!TakeOne(text, ".,")) return 0;
  int64_t value = 0;
  while (!text.empty() && Digit(text.front())) {
    unit /= 10;
    value += unit * (text.front() - '0');
    text.remove_prefix(1);
  }
  return value;
}

// "+02:00", "-0530", "Z": seconds east of Greenwich.
std::optional<int64_t> TakeZone(std::string_view& text) {
  if (text.empty() || TakeOne(text, "Z")) return 0;
  const bool west = text.front() == '-';
  if (!TakeOne(text, "+-")) return std::nullopt;
  const auto hours = TakeDigits(text, 2);
  TakeOne(text, ":");
  const auto minutes = text.empty() ? 0 : TakeDigits(text, 2);
  if (!hours || !minutes) return std::nullopt;
  return (*hours * 3600 + *minutes * 60) * (west ? -1 : 1);
}

std::optional<int64_t> ParseDate(std::string_view text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeOne(text, "-/")) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeOne(text, "-/")) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || !TakeOne(text, " T_")) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || !TakeOne(text, ":-")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || !TakeOne(text, ":-")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second) return std::nullopt;
  const int64_t fraction = TakeFraction(text, kSecond);
  const auto zone = TakeZone(text);
  const std::chrono::year_month_day date(
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day)));
  if (!zone || !text.empty() || !date.ok() || *year < 1900 || *year > 2100 ||
      *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return (int64_t{days} * 86400 + *hour * 3600 + *minute * 60 + *second -
          *zone) *
             kSecond +
         fraction;
}

std::optional<int64_t> ParseNumber(std::string_view text, int64_t unit) {
  const bool negative = text.starts_with('-');
  std::string_view rest = text;
  TakeOne(rest, "+-");
  const auto whole = TakeDigits(rest, 0);
  if (whole &&
      static_cast<double>(*whole) * static_cast<double>(unit) > kLargest) {
    return std::nullopt;
  }
  if (whole) {
    const int64_t time = *whole * unit + TakeFraction(rest, unit);
    if (rest.empty()) return negative ? -time : time;
  }
  double value = 0;  // "1.786e9", ".5"
  if (text.starts_with('+')) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  value *= static_cast<double>(unit);
  if (!(std::abs(value) < kLargest)) return std::nullopt;
  return std::llround(value);
}

}  // namespace

int64_t UnitOfColumn(std::string_view name) {
  if (name == "local_timestamp" || name == "localtimestamp" ||
      name.ends_with("_us") || name.ends_with("(us)")) {
    return 1000;
  }
  if (name.ends_with("_ms") || name.ends_with("(ms)")) return 1'000'000;
  if (name.ends_with("_ns") || name.ends_with("(ns)")) return 1;
  if (name.ends_with("_s") || name.ends_with("_sec") ||
      name.ends_with("_seconds") || name.ends_with("(s)")) {
    return kSecond;
  }
  return 0;
}

int64_t UnitOfValue(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  value = std::abs(value);
  if (value >= 1e17) return 1;
  if (value >= 1e14) return 1000;
  if (value >= 1e11) return 1'000'000;
  return kSecond;
}

std::optional<int64_t> ParseTime(std::string_view text, int64_t unit) {
  if (const auto number = ParseNumber(text, unit)) return number;
  return ParseDate(text);
}

std::string SecondsText(int64_t time_ns) {
  return fmt::format("{:.3f}", static_cast<double>(time_ns) / 1e9);
}

}  // namespace edge_int8
