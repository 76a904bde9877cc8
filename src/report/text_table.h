// A plain-text table with aligned columns for terminals and logs. Tested by
// text_table_test.cc, which compares whole rendered tables.
//
// Widths are display columns, not bytes ("Δ" is one, "日" is two). Colour never
// changes the text: Render(Colour::kOff) is Render(Colour::kOn) without its
// escape sequences.
#ifndef EDGE_INT8_SRC_REPORT_TEXT_TABLE_H_
#define EDGE_INT8_SRC_REPORT_TEXT_TABLE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace edge_int8 {

enum class Colour { kOff, kOn };
// kOn when stdout is a terminal that takes colour and NO_COLOR is unset
// (no-color.org).
Colour StdoutColour();
// The rule behind it; the texts are environment variables, null when unset.
Colour ChooseColour(bool is_terminal, const char* no_color, const char* term);

enum class Style { kPlain, kBold, kDim, kGood, kBad };
// `text` between the escape sequences of `style`, or as it is.
std::string Paint(std::string_view text, Style style, Colour colour);

// Columns that `text` takes on a terminal.
std::size_t DisplayWidth(std::string_view text);

// Control characters become '?': a file name must not be able to move the
// cursor or start a new line.
std::string Printable(std::string_view text);

enum class Align { kLeft, kRight };

struct Column {
  std::string header;
  Align align = Align::kRight;  // Numbers; texts ask for kLeft.
  std::string help = {};        // what it says, where there is room for it
};

struct Cell {
  std::string text;
  Style style = Style::kPlain;
};

class TextTable {
 public:
  explicit TextTable(std::vector<Column> columns);

  // As many cells as columns.
  void AddRow(std::vector<Cell> cells);
  // A line of its own above the rows that follow; widens no column.
  void AddSection(std::string title);

  // Two spaces between columns, no trailing spaces, each line ends in '\n'.
  std::string Render(Colour colour = Colour::kOff) const;

 private:
  struct Section {
    std::string title;
  };
  using Line = std::variant<std::vector<Cell>, Section>;

  std::string RenderCells(const std::vector<Cell>& cells,
                          const std::vector<std::size_t>& widths,
                          Colour colour) const;
  std::vector<std::size_t> Widths() const;

  std::vector<Column> columns_;
  std::vector<Line> lines_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_TEXT_TABLE_H_
