#include "src/formats/csv_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace edge_int8 {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBlanks = " \t\r";

// What pandas, R and spreadsheets write where there is no value; from_chars
// reads "nan" and "inf" itself.
constexpr std::string_view kMissingWords[] = {"na",   "n/a",  "#n/a",
                                              "<na>", "null", "none"};

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view Unquote(std::string_view cell) {
  const bool quoted =
      cell.size() >= 2 && cell.front() == '"' && cell.back() == '"';
  return quoted ? Trim(cell.substr(1, cell.size() - 2)) : cell;
}

bool SameWord(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char have, char want) {
    return (have >= 'A' && have <= 'Z' ? have - 'A' + 'a' : have) == want;
  });
}

}  // namespace

std::vector<std::string_view> CsvRow::Cells() const {
  std::vector<std::string_view> cells;
  bool quoted = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '"') quoted = !quoted;
    if (at < text.size() && (text[at] != ',' || quoted)) continue;
    cells.push_back(Unquote(Trim(text.substr(begin, at - begin))));
    begin = at + 1;
  }
  return cells;
}

std::size_t CsvRow::EmptyEnd() const {
  std::size_t empty = 0;
  for (std::size_t at = text.size(); at-- > 0;) {
    if (text[at] == ',') {
      ++empty;
    } else if (kBlanks.find(text[at]) == std::string_view::npos) {
      return empty;
    }
  }
  return empty + 1;  // The first cell is empty too.
}

CsvRows::CsvRows(std::string_view text) : rest_(text) {
  if (rest_.starts_with(kByteOrderMark)) {
    rest_.remove_prefix(kByteOrderMark.size());
  }
}

std::optional<CsvRow> CsvRows::Next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view text = Trim(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (!text.empty()) return CsvRow{line_, text};
  }
  return std::nullopt;
}

CsvCell ReadCsvCell(std::string_view text) {
  const auto missing = [text](std::string_view word) {
    return SameWord(text, word);
  };
  if (text.empty() || std::ranges::any_of(kMissingWords, missing)) {
    return {CsvCellKind::kMissing, 0};
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  // Out of a double's range is a number too, though not one of ours.
  if (result.ec == std::errc::invalid_argument || result.ptr != end) {
    return {CsvCellKind::kText, 0};
  }
  const auto number = static_cast<float>(value);
  const bool held = result.ec == std::errc() && std::isfinite(number);
  return held ? CsvCell{CsvCellKind::kNumber, number}
              : CsvCell{CsvCellKind::kMissing, 0};
}

}  // namespace edge_int8
