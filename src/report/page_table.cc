#include "src/report/page_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

// Longer texts are cut and stand in full in the title.
constexpr std::size_t kLongestCell = 60;
constexpr std::size_t kLongestHover = 1000;

bool IsExtra(const PageTable& table, std::size_t column) {
  return column < table.extra.size() && table.extra[column];
}

std::string_view StyleClass(Style style) {
  switch (style) {
    case Style::kGood:
      return " good";
    case Style::kBad:
      return " bad";
    case Style::kDim:
      return " muted";
    case Style::kPlain:
    case Style::kBold:
      return "";
  }
  return "";
}

std::string ColumnClass(const PageTable& table, std::size_t column) {
  return fmt::format(
      "{}{}", table.columns[column].align == Align::kLeft ? "left" : "num",
      IsExtra(table, column) ? " extra" : "");
}

void AddHeads(const PageTable& table, Markup& page) {
  page.Open("thead").Open("tr");
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const Column& column = table.columns[c];
    page.Open("th", {{"scope", "col"},
                     {"class", ColumnClass(table, c)},
                     {"title", column.help}});
    const std::string text = VisibleText(column.header);
    if (table.sorts) {
      page.Element("button", {{"type", "button"}, {"class", "sort"}}, text);
    } else {
      page.Text(text);
    }
    page.Close();
  }
  page.Close().Close();
}

void AddFirst(const PageRow& row, Markup& page) {
  const std::string text = VisibleText(row.cells[0].cell.text);
  page.Open("th", {{"scope", "row"},
                   {"class", "left"},
                   {"title", ShortenMiddle(text, kLongestHover)}});
  if (row.colour) {
    page.Element(
        "span",
        {{"class", *row.colour < 0 ? std::string("swatch sb")
                                   : fmt::format("swatch s{}", *row.colour)}},
        "");
  }
  const std::string shown = ShortenMiddle(text, kLongestCell);
  if (row.link.empty()) {
    page.Element("bdi", {}, shown);
  } else {
    page.Open("a", {{"href", row.link}}).Element("bdi", {}, shown).Close();
  }
  page.Close();
}

void AddCell(const PageTable& table, std::size_t c, const PageCell& cell,
             Markup& page) {
  std::string style =
      ColumnClass(table, c) + std::string(StyleClass(cell.cell.style));
  std::string drawn;
  if (cell.cell.text == "-") style += " none";
  if (cell.heat) {
    style += *cell.heat < 0 ? " heat lost" : " heat gained";
    drawn = fmt::format("--heat:{:.3f}",
                        std::sqrt(std::min(std::abs(*cell.heat), 1.0)));
  }
  if (cell.bar) {
    style += " bar-cell";
    drawn += fmt::format("--bar:{:.1f}%", 100 * std::min(*cell.bar, 1.0));
  }
  const std::string text =
      ShortenMiddle(VisibleText(cell.cell.text), kLongestCell);
  const bool drawing = !cell.picture.empty();
  page.Open("td", {{"class", style},
                   {"data-label", VisibleText(table.columns[c].header)},
                   {"data-value",
                    cell.value ? fmt::format("{:.6f}", *cell.value) : ""},
                   {"title", drawing ? text : ""},
                   {"style", drawn}});
  if (drawing) {
    page.Append(cell.picture);
  } else {
    page.Text(text);
  }
  page.Close();
}

void AddRow(const PageTable& table, const PageRow& row, Markup& page) {
  Check(row.section || row.cells.size() == table.columns.size(),
        "a cell for each column");
  page.Open("tr", {{"class", row.section    ? "section"
                             : row.baseline ? "baseline"
                                            : ""}});
  if (row.section) {
    page.Element(
        "th",
        {{"colspan", std::to_string(table.columns.size())}, {"class", "left"}},
        VisibleText(row.cells[0].cell.text));
  } else {
    AddFirst(row, page);
    for (std::size_t c = 1; c < row.cells.size(); ++c) {
      AddCell(table, c, row.cells[c], page);
    }
  }
  page.Close();
}

}  // namespace

void PageTable::AddCells(const std::vector<Cell>& cells,
                         std::optional<int> colour) {
  PageRow row;
  row.colour = colour;
  for (const Cell& cell : cells) row.cells.push_back({cell});
  rows.push_back(std::move(row));
}

void AddTable(const PageTable& table, Markup& page) {
  page.Open("div", {{"class", "table"}});
  page.Open("div", {{"class", "controls table-controls"}});
  if (std::ranges::count(table.extra, true) > 0) {
    page.Open("label").Leaf("input", {{"type", "checkbox"}, {"class", "more"}});
    page.Text(" all columns").Close();
  }
  page.Element(
      "button",
      {{"type", "button"}, {"class", "csv"}, {"data-name", table.name}}, "CSV");
  page.Close();
  page.Open("div", {{"class", table.tall ? "scroll tall" : "scroll"},
                    {"tabindex", "0"},
                    {"role", "region"},
                    {"aria-label", table.name}});
  page.Open("table", {{"class", "cards " + table.style}});
  AddHeads(table, page);
  page.Open("tbody");
  for (const PageRow& row : table.rows) AddRow(table, row, page);
  page.Close().Close().Close().Close();
}

}  // namespace edge_int8
