// The table of a run with what it means in words, and the table of several.
// Declared in page_parts.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/page_table.h"
#include "src/report/verdict.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kLongestNote = 600;

// What few ask for waits behind "all columns".
bool FewAsk(const std::string& header) {
  return header == "division" || header.starts_with("full ") ||
         header.starts_with("of ");
}

const Column& VerdictColumn() {
  static const Column column = {
      "verdict", Align::kLeft,
      "by the interval's ends: better (above 0), not worse (its low end is "
      "above the allowed loss), worse (all below it), else inconclusive"};
  return column;
}

Cell VerdictInPage(const ScoreTable& table, const TableRow& row) {
  if (&row == &table.rows.front() || !row.interval) return {"-"};
  const Verdict verdict = RowVerdict(table, row);
  return {std::string(VerdictName(verdict)), VerdictStyle(verdict)};
}

void AddScoreTable(const BenchReport& bench, const Palette& palette,
                   Markup& page) {
  const ScoreCells cells = LayOut(bench.table);
  PageTable table;
  table.name = "scores";
  table.style = "scores";
  table.columns = cells.columns;
  for (const Column& column : cells.columns) {
    table.extra.push_back(FewAsk(column.header));
  }
  table.columns.push_back(VerdictColumn());
  table.extra.push_back(false);
  std::string section;
  for (std::size_t i = 0; i < cells.lines.size(); ++i) {
    const bool model = i < bench.table.rows.size();
    if (model && bench.table.rows[i].section != section) {
      section = bench.table.rows[i].section;
      PageRow line;
      line.section = true;
      line.cells = {{{section}}};
      table.rows.push_back(line);
    }
    std::vector<Cell> line = cells.lines[i];
    line.push_back(model ? VerdictInPage(bench.table, bench.table.rows[i])
                         : Cell{"-"});
    table.AddCells(line, model ? palette.Of(bench.labels[i]) : kBaselineColour);
    table.rows.back().baseline = !model;
  }
  AddTable(table, page);
}

// One paragraph for each line.
void AddNotes(std::string_view notes, Markup& page) {
  while (!notes.empty()) {
    const std::size_t end = notes.find('\n');
    page.Element(
        "p", {{"class", "note"}},
        ShortenMiddle(VisibleText(notes.substr(0, end)), kLongestNote));
    notes.remove_prefix(end == std::string_view::npos ? notes.size() : end + 1);
  }
}

// A row of the table of several runs.
std::vector<Cell> ComparedCells(const std::string& run, const ScoreTable& table,
                                std::size_t i) {
  const TableRow& row = table.rows[i];
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
          {i > 0 ? FormatPoints(RowDelta(table, row)) + " pp" : absent,
           i > 0 ? VerdictStyle(RowVerdict(table, row)) : Style::kPlain},
          {row.interval ? interval() : absent},
          {i > 0 ? ShortLabel(table.Against(row)) : absent},
          VerdictInPage(table, row)};
}

std::vector<Column> ComparedColumns() {
  return {{"run", Align::kLeft, "folder of the run"},
          {"model", Align::kLeft, "what was scored"},
          {"size MiB", Align::kRight, "bytes of the file / 2^20"},
          {"PCK@10", Align::kRight, "share of joints within 10% of the scale"},
          {"PCK@20", Align::kRight, "share of joints within 20% of the scale"},
          {"PCK@50", Align::kRight, "share of joints within 50% of the scale"},
          {"delta PCK@20", Align::kRight,
           "difference to the row it is judged by, in percentage points"},
          {"95% interval", Align::kRight,
           "of the difference, by resampling recordings"},
          {"against", Align::kLeft, "the row it is judged by"},
          VerdictColumn()};
}

}  // namespace

void AddScores(const RunReport& run, const Palette& palette, Markup& page) {
  if (!run.bench) return;
  const ScoreTable& table = run.bench->table;
  AddScoreTable(*run.bench, palette, page);
  page.Element("p", {{"class", "note"}}, ScoreTableHeader(table));
  for (const TableRow& row : table.rows) AddNotes(RowNotes(row), page);
  page.Open("details", {{"class", "words"}, {"open", "open"}});
  page.Element("summary", {}, "In words");
  page.Open("ul", {{"class", "verdict"}});
  for (const std::string& sentence : VerdictSentences(table)) {
    page.Element("li", {}, ShortenMiddle(VisibleText(sentence), kLongestNote));
  }
  page.Close().Close();
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
  PageTable table;
  table.name = "all runs";
  table.style = "scores";
  table.columns = ComparedColumns();
  for (const RunReport& run : runs) {
    if (!run.bench) continue;
    for (std::size_t i = 0; i < run.bench->table.rows.size(); ++i) {
      table.AddCells(ComparedCells(run.name, run.bench->table, i),
                     palette.Of(run.bench->labels[i]));
    }
  }
  AddTable(table, page);
  page.Close();
}

}  // namespace edge_int8
