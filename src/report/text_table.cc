#include "src/report/text_table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "src/base/error.h"
#include "src/base/launcher.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kGap = 2;  // spaces between columns

std::string_view EscapeOf(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kBad:
      return "\x1b[31m";
  }
  Check(false, "unknown style");
  return {};
}

}  // namespace

Colour ChooseColour(bool is_terminal, const char* no_color, const char* term) {
  const std::string_view refused = no_color == nullptr ? "" : no_color;
  const std::string_view kind = term == nullptr ? "dumb" : term;
  const bool on = is_terminal && refused.empty() && kind != "dumb";
  return on ? Colour::kOn : Colour::kOff;
}

Colour StdoutColour() {
  // mpirun gives its programs a terminal wherever what they print goes.
  const bool by_hand = CurrentLaunch().launcher.empty();
  return ChooseColour(by_hand && isatty(STDOUT_FILENO) == 1,
                      std::getenv("NO_COLOR"), std::getenv("TERM"));
}

std::string Paint(std::string_view text, Style style, Colour colour) {
  if (colour == Colour::kOff || style == Style::kPlain || text.empty()) {
    return std::string(text);
  }
  return fmt::format("{}{}\x1b[0m", EscapeOf(style), text);
}

// fmt pads to display columns and knows the wide characters: what it adds up
// to a width that is surely enough tells how wide the text is.
std::size_t DisplayWidth(std::string_view text) {
  const std::size_t enough = 2 * text.size();
  const std::size_t padded = fmt::formatted_size("{:<{}}", text, enough);
  return enough - (padded - text.size());
}

std::string Printable(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(
      shown,
      [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; },
      '?');
  return shown;
}

TextTable::TextTable(std::vector<Column> columns)
    : columns_(std::move(columns)) {}

void TextTable::AddRow(std::vector<Cell> cells) {
  Check(cells.size() == columns_.size(), "a row needs a cell per column");
  for (Cell& cell : cells) cell.text = Printable(cell.text);
  lines_.emplace_back(std::move(cells));
}

void TextTable::AddSection(std::string title) {
  lines_.emplace_back(Section{Printable(title)});
}

std::vector<std::size_t> TextTable::Widths() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) {
    widths.push_back(DisplayWidth(column.header));
  }
  for (const Line& line : lines_) {
    const auto* cells = std::get_if<std::vector<Cell>>(&line);
    if (cells == nullptr) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth((*cells)[i].text));
    }
  }
  return widths;
}

std::string TextTable::RenderCells(const std::vector<Cell>& cells,
                                   const std::vector<std::size_t>& widths,
                                   Colour colour) const {
  std::string line;
  std::size_t owed = 0;  // spaces due before the next visible text
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t room = widths[i] - DisplayWidth(cells[i].text);
    const bool left = columns_[i].align == Align::kLeft;
    if (!left) owed += room;
    if (!cells[i].text.empty()) {
      line.append(owed, ' ');
      line += Paint(cells[i].text, cells[i].style, colour);
      owed = 0;
    }
    owed += kGap + (left ? room : 0);
  }
  return line + '\n';
}

std::string TextTable::Render(Colour colour) const {
  const std::vector<std::size_t> widths = Widths();
  std::vector<Cell> headers;
  for (const Column& column : columns_) {
    headers.push_back({column.header, Style::kBold});
  }
  std::string text = RenderCells(headers, widths, colour);
  for (const Line& line : lines_) {
    if (const auto* section = std::get_if<Section>(&line)) {
      text += Paint(section->title, Style::kBold, colour) + '\n';
    } else {
      text += RenderCells(std::get<std::vector<Cell>>(line), widths, colour);
    }
  }
  return text;
}

}  // namespace edge_int8
