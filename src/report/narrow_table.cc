#include "src/report/narrow_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/report/verdict.h"

namespace edge_int8 {
namespace {

using Cells = std::vector<Cell>;

Cells ScoreCellsOf(const ScoreTable& table, const Score& score, Style style) {
  Cells cells;
  for (const int percent : DecidingPercents(table.metric)) {
    cells.push_back({FormatPercent(score.Pck(percent)), style});
  }
  return cells;
}

std::string DifferenceText(const ScoreTable& table, const TableRow& row) {
  std::string text = FormatPoints(RowDelta(table, row));
  if (row.interval) {
    text += fmt::format(" [{}, {}]", FormatPoints(row.interval->low),
                        FormatPoints(row.interval->high));
  }
  return row.against == 0 ? text : text + " *";
}

// What a star in the table stands for.
std::string StarNote(const ScoreTable& table) {
  for (const TableRow& row : table.rows) {
    if (row.against == 0) continue;
    return WrapText(fmt::format("* from {}, which was trained as long",
                                Printable(ShortLabel(table.Against(row)))),
                    kTerminalColumns);
  }
  return "";
}

// Nothing where nothing was measured.
Cell VerdictCell(const ScoreTable& table, const TableRow& row) {
  if (!row.interval) return {""};
  const Verdict verdict = RowVerdict(table, row);
  return {std::string(VerdictName(verdict)), VerdictStyle(verdict)};
}

// Everything but the name.
Cells RowCells(const ScoreTable& table, const TableRow& row) {
  Cells cells = {{row.size_mib ? fmt::format("{:.3f}", *row.size_mib) : ""}};
  for (Cell& cell : ScoreCellsOf(table, row.score, Style::kPlain)) {
    cells.push_back(std::move(cell));
  }
  if (&row == &table.rows.front()) {
    cells.resize(cells.size() + 2);
    return cells;
  }
  cells.push_back({DifferenceText(table, row)});
  cells.push_back(VerdictCell(table, row));
  return cells;
}

Cells ConstantCells(const ScoreTable& table) {
  Cells cells = {{""}};
  for (Cell& cell : ScoreCellsOf(table, table.mean_pose, Style::kDim)) {
    cells.push_back(std::move(cell));
  }
  cells.resize(cells.size() + 2);
  return cells;
}

std::vector<Column> ColumnsOf(const ScoreTable& table) {
  std::vector<Column> columns = {{"MiB"}};
  for (const int percent : DecidingPercents(table.metric)) {
    columns.push_back(
        {table.metric.is_classes() ? "top-1" : fmt::format("PCK@{}", percent)});
  }
  columns.push_back({"difference, pp [95%]", Align::kLeft});
  columns.push_back({"verdict", Align::kLeft});
  return columns;
}

// A table of one model may have nothing in a column.
void DropEmptyColumns(std::vector<Column>* columns, std::vector<Cells>* lines) {
  for (std::size_t c = columns->size(); c-- > 0;) {
    const bool empty = std::ranges::all_of(
        *lines, [c](const Cells& cells) { return cells[c].text.empty(); });
    if (!empty) continue;
    const auto at = static_cast<std::ptrdiff_t>(c);
    columns->erase(columns->begin() + at);
    for (Cells& cells : *lines) cells.erase(cells.begin() + at);
  }
}

// What is left of a terminal beside these columns, and at least a word's room.
std::size_t NameColumns(const std::vector<Column>& columns,
                        const std::vector<Cells>& lines) {
  std::size_t used = 0;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = DisplayWidth(columns[c].header);
    for (const Cells& cells : lines) {
      width = std::max(width, DisplayWidth(cells[c].text));
    }
    used += 2 + width;
  }
  constexpr std::size_t kLeast = 12;
  return std::max(kLeast, kTerminalColumns - std::min(used, kTerminalColumns));
}

// The numbers stand beside the first line of a name.
void AddNamed(const std::string& name, Style style, std::size_t columns,
              const Cells& cells, TextTable* text) {
  std::istringstream lines(WrapText(Printable(name), columns));
  bool first = true;
  for (std::string line; std::getline(lines, line); first = false) {
    Cells all = {{line, style}};
    if (first) {
      all.insert(all.end(), cells.begin(), cells.end());
    } else {
      all.resize(cells.size() + 1);
    }
    text->AddRow(std::move(all));
  }
}

}  // namespace

std::string RenderNarrowTable(const ScoreTable& table, Colour colour) {
  CheckOneTable(table);
  std::vector<Column> columns = ColumnsOf(table);
  std::vector<Cells> lines;
  for (const TableRow& row : table.rows) lines.push_back(RowCells(table, row));
  lines.push_back(ConstantCells(table));
  DropEmptyColumns(&columns, &lines);
  const std::size_t names = NameColumns(columns, lines);
  columns.insert(columns.begin(), {"model", Align::kLeft});
  TextTable text(std::move(columns));
  std::string section, notes;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    if (row.section != section) text.AddSection(section = row.section);
    AddNamed(row.label, Style::kPlain, names, lines[i], &text);
    notes += RowNotes(row);
  }
  AddNamed(std::string(ConstantName(table.metric)), Style::kDim, names,
           lines.back(), &text);
  return WrapText(ScoreTableHeader(table), kTerminalColumns) +
         text.Render(colour) + StarNote(table) + notes;
}

}  // namespace edge_int8
