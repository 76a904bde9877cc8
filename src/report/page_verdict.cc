// Figures, table and verdict of a run, and the table of several. Declared in
// page_parts.h.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/svg_plot.h"
#include "src/report/verdict.h"

namespace edge_int8 {
namespace {

// Longer names are cut in tables and stand in full in the title and manifest.
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kLongestText = 600;

std::string_view StyleClass(Style style) {
  switch (style) {
    case Style::kGood:
      return "good";
    case Style::kBad:
      return "bad";
    case Style::kDim:
      return "muted";
    default:
      return "";
  }
}

std::string CellClass(const Column& column, const Cell& cell) {
  const std::string align = column.align == Align::kLeft ? "left" : "num";
  const std::string_view style = StyleClass(cell.style);
  return style.empty() ? align : align + " " + std::string(style);
}

void AddHeaderRow(const std::vector<Column>& columns, Markup& page) {
  page.Open("thead").Open("tr");
  for (const Column& column : columns) {
    page.Element("th",
                 {{"scope", "col"},
                  {"class", column.align == Align::kLeft ? "left" : "num"}},
                 column.header);
  }
  page.Close().Close();
}

void AddCells(const std::vector<Column>& columns,
              const std::vector<Cell>& cells, int colour, Markup& page) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string shown =
        ShortenMiddle(VisibleText(cells[i].text), kLongestName);
    if (i == 0) {
      page.Open("th",
                {{"scope", "row"},
                 {"class", "left"},
                 {"title", ShortenMiddle(VisibleText(cells[i].text), 1000)}});
      page.Element(
          "span",
          {{"class",
            fmt::format("swatch {}", colour < 0 ? std::string("sb")
                                                : fmt::format("s{}", colour))}},
          "");
      page.Element("bdi", {}, shown).Close();
    } else {
      page.Element("td", {{"class", CellClass(columns[i], cells[i])}}, shown);
    }
  }
}

void AddScoreTable(const BenchReport& bench, const Palette& palette,
                   Markup& page) {
  const ScoreCells cells = LayOut(bench.table);
  page.Open("div", {{"class", "scroll"},
                    {"tabindex", "0"},
                    {"role", "region"},
                    {"aria-label", "Scores"}});
  page.Open("table", {{"class", "scores"}});
  AddHeaderRow(cells.columns, page);
  page.Open("tbody");
  std::string section;
  for (std::size_t i = 0; i < cells.lines.size(); ++i) {
    const bool model = i < bench.table.rows.size();
    if (model && bench.table.rows[i].section != section) {
      section = bench.table.rows[i].section;
      page.Open("tr", {{"class", "section"}});
      page.Element("th",
                   {{"colspan", std::to_string(cells.columns.size())},
                    {"class", "left"}},
                   section);
      page.Close();
    }
    page.Open("tr", {{"class", model ? "" : "baseline"}});
    AddCells(cells.columns, cells.lines[i],
             model ? palette.Of(bench.labels[i]) : kBaselineColour, page);
    page.Close();
  }
  page.Close().Close().Close();
}

void AddTile(std::string_view name, std::string_view value,
             std::string_view detail, Markup& page) {
  page.Open("div", {{"class", "tile"}});
  page.Element("dt", {}, ShortenMiddle(VisibleText(name), kLongestName));
  page.Open("dd").Element("b", {}, value);
  if (!detail.empty()) page.Element("span", {}, detail);
  page.Close().Close();
}

std::string Words(Verdict verdict, double tolerance, const std::string& other) {
  const std::string limit =
      fmt::format("worse than {} by more than {:g} pp", other, 100 * tolerance);
  switch (verdict) {
    case Verdict::kBetter:
      return "better than " + other;
    case Verdict::kNotWorse:
      return "not " + limit;
    case Verdict::kWorse:
      return limit;
    case Verdict::kInconclusive:
      return fmt::format("whether it is {} is inconclusive", limit);
  }
  return "";
}

// "not worse" as one class.
std::string BadgeClass(Verdict verdict) {
  std::string name(VerdictName(verdict));
  std::ranges::replace(name, ' ', '-');
  return "badge " + name;
}

std::string OtherName(const ScoreTable& table, const TableRow& row) {
  return ShortenMiddle(VisibleText(ShortLabel(table.Against(row))),
                       kLongestName);
}

// The model that the page opens with against fp32, in six figures.
void AddTiles(const ScoreTable& table, const TableRow& row, Markup& page) {
  const TableRow& fp32 = table.rows.front();
  const double delta = RowDelta(table, row);
  const Verdict verdict = RowVerdict(table, row);
  page.Open("p", {{"class", BadgeClass(verdict)}});
  page.Element("bdi", {}, ShortenMiddle(VisibleText(row.label), kLongestName));
  page.Text(": " + Words(verdict, table.tolerance, OtherName(table, row)));
  page.Close();
  page.Open("dl", {{"class", "tiles"}});
  const std::string primary(PrimaryName(table.metric));
  AddTile(row.label, FormatPercent(row.score.Pck(20)), primary, page);
  AddTile(fp32.label, FormatPercent(fp32.score.Pck(20)), primary, page);
  AddTile("difference", FormatPoints(delta) + " pp",
          row.interval ? fmt::format("95% interval {} to {}",
                                     FormatPoints(row.interval->low),
                                     FormatPoints(row.interval->high))
                       : "no interval",
          page);
  if (!table.metric.is_classes() && row.interval_10) {
    AddTile("PCK@10", FormatPoints(RowDelta(table, row, 10)) + " pp",
            std::string(VerdictName(RowVerdict10(table, row))), page);
  }
  if (row.size_mib && fp32.size_mib && *row.size_mib > 0) {
    AddTile("file", fmt::format("{:.3f} MiB", *row.size_mib),
            fmt::format("{:.2f}x smaller than {:.3f}",
                        *fp32.size_mib / *row.size_mib, *fp32.size_mib),
            page);
  }
  AddTile(std::string(ConstantName(table.metric)),
          FormatPercent(table.mean_pose.Pck(20)), primary + " without looking",
          page);
  page.Close();
}

// One paragraph for each line.
void AddNotes(std::string_view notes, Markup& page) {
  while (!notes.empty()) {
    const std::size_t end = notes.find('\n');
    page.Element(
        "p", {{"class", "note"}},
        ShortenMiddle(VisibleText(notes.substr(0, end)), kLongestText));
    notes.remove_prefix(end == std::string_view::npos ? notes.size() : end + 1);
  }
}

// A row of the table of several runs.
std::vector<Cell> ComparedCells(const std::string& run, const ScoreTable& table,
                                std::size_t i) {
  const TableRow& row = table.rows[i];
  const double delta = RowDelta(table, row);
  const std::string absent = "-";
  const auto interval = [&] {
    return fmt::format("[{}, {}]", FormatPoints(row.interval->low),
                       FormatPoints(row.interval->high));
  };
  return {{run},
          {row.label},
          {row.size_mib ? fmt::format("{:.3f}", *row.size_mib) : absent},
          {FormatPercent(row.score.Pck(10))},
          {FormatPercent(row.score.Pck(20))},
          {FormatPercent(row.score.Pck(50))},
          {i > 0 ? FormatPoints(delta) + " pp" : absent},
          {row.interval ? interval() : absent},
          {i > 0 ? ShortLabel(table.Against(row)) : absent},
          {i > 0 ? std::string(VerdictName(RowVerdict(table, row))) : absent}};
}

}  // namespace

void AddVerdict(const RunReport& run, const Palette& palette, Markup& page) {
  if (!run.bench) return;
  const ScoreTable& table = run.bench->table;
  page.Open("article", {{"class", "run"}});
  page.Open("h2").Text("Run ").Element(
      "bdi", {}, ShortenMiddle(VisibleText(run.name), 120));
  if (table.synthetic) {
    page.Text(" ").Element("span", {{"class", "chip"}}, "synthetic data");
  }
  page.Close();
  if (run.bench->headline > 0) {
    AddTiles(table, table.rows[run.bench->headline], page);
  }
  AddScoreTable(*run.bench, palette, page);
  page.Element("p", {{"class", "note"}}, ScoreTableHeader(table));
  for (const TableRow& row : table.rows) {
    AddNotes(RowNotes(row), page);
  }
  page.Open("ul", {{"class", "verdict"}});
  for (const std::string& sentence : VerdictSentences(table)) {
    page.Element("li", {}, ShortenMiddle(VisibleText(sentence), kLongestText));
  }
  page.Close();
  page.Close();
}

void AddComparison(const std::vector<RunReport>& runs, const Palette& palette,
                   Markup& page) {
  std::set<std::string> kinds;
  std::size_t with_results = 0;
  for (const RunReport& run : runs) {
    if (!run.bench) continue;
    kinds.insert(run.bench->comparable);
    ++with_results;
  }
  if (with_results < 2) return;
  page.Open("section", {{"id", "comparison"}});
  page.Element("h2", {}, "Runs side by side");
  if (kinds.size() > 1) {
    page.Element("p", {{"class", "warning"}},
                 "These runs were scored on different windows or by different "
                 "metrics: read each by itself, their numbers can't be "
                 "subtracted from each other.");
    page.Close();
    return;
  }
  page.Open("div", {{"class", "scroll"},
                    {"tabindex", "0"},
                    {"role", "region"},
                    {"aria-label", "All runs"}});
  page.Open("table", {{"class", "scores"}});
  const std::vector<Column> columns = {{"run", Align::kLeft},
                                       {"model", Align::kLeft},
                                       {"size MiB"},
                                       {"PCK@10"},
                                       {"PCK@20"},
                                       {"PCK@50"},
                                       {"delta PCK@20"},
                                       {"95% interval"},
                                       {"against", Align::kLeft},
                                       {"verdict", Align::kLeft}};
  AddHeaderRow(columns, page);
  page.Open("tbody");
  for (const RunReport& run : runs) {
    if (!run.bench) continue;
    const ScoreTable& table = run.bench->table;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      page.Open("tr");
      AddCells(columns, ComparedCells(run.name, table, i),
               palette.Of(run.bench->labels[i]), page);
      page.Close();
    }
  }
  page.Close().Close().Close().Close();
}

}  // namespace edge_int8
