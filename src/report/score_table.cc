#include "src/report/score_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

const std::string kAbsent = "-";

// One column with a cell for each row and, last, for the mean-pose line.
struct Field {
  Column column;
  std::vector<Cell> cells;
};

std::string FormatError(const std::optional<double>& error) {
  return error ? fmt::format("{:.6f}", *error) : kAbsent;
}

std::string FormatPck20(const std::optional<Score>& score) {
  return score ? FormatPercent(score->Pck(20)) : kAbsent;
}

Verdict VerdictOf(const ScoreTable& table,
                  const std::optional<Interval>& interval, double tolerance) {
  if (!interval || table.files.value_or(2) < 2) return Verdict::kInconclusive;
  return Judge(*interval, tolerance);
}

Cell DeltaCell(const ScoreTable& table, const TableRow& row) {
  if (&row == &table.rows.front()) return {kAbsent};
  return {FormatPoints(RowDelta(table, row)) + " pp",
          VerdictStyle(RowVerdict(table, row))};
}

Cell IntervalCell(const TableRow& row) {
  if (!row.interval) return {kAbsent};
  return {fmt::format("[{}, {}]", FormatPoints(row.interval->low),
                      FormatPoints(row.interval->high))};
}

Cell SizeCell(const TableRow& row) {
  return {row.size_mib ? fmt::format("{:.3f}", *row.size_mib) : kAbsent};
}

Cell GapCell(const TableRow& row) {
  return {row.conversion_gap_lsb ? fmt::format("{}", *row.conversion_gap_lsb)
                                 : kAbsent};
}

// MLPerf asks 99% or 99.9% of what the float network reaches.
Cell ShareCell(const ScoreTable& table, const TableRow& row) {
  const double reference = table.rows.front().score.Pck(20);
  if (&row == &table.rows.front() || reference <= 0) return {kAbsent};
  return {FormatPercent(row.score.Pck(20) / reference)};
}

Cell SmallerCell(const ScoreTable& table, const TableRow& row) {
  const std::optional<double> reference = table.rows.front().size_mib;
  if (!reference || !row.size_mib) return {kAbsent};
  return {fmt::format("{:.2f}x", *reference / *row.size_mib)};
}

class Fields {
 public:
  explicit Fields(const ScoreTable& table) : table_(table) {}

  void Add(Column column, const std::function<Cell(const TableRow&)>& cell,
           std::string baseline = kAbsent) {
    Field field{std::move(column), {}};
    for (const TableRow& row : table_.rows) field.cells.push_back(cell(row));
    field.cells.push_back({std::move(baseline), Style::kDim});
    fields_.push_back(std::move(field));
  }
  // As Add, but only when some cell says something.
  void AddOptional(Column column,
                   const std::function<Cell(const TableRow&)>& cell) {
    Add(std::move(column), cell);
    const bool empty = std::ranges::all_of(
        fields_.back().cells, [](const Cell& c) { return c.text == kAbsent; });
    if (empty) fields_.pop_back();
  }
  void AddShare(Column column, int percent) {
    Add(
        std::move(column),
        [percent](const TableRow& row) {
          return Cell{FormatPercent(row.score.Pck(percent))};
        },
        FormatPercent(table_.mean_pose.Pck(percent)));
  }
  void AddError(Column column, std::optional<double> Score::*error) {
    Add(
        std::move(column),
        [error](const TableRow& row) {
          return Cell{FormatError(row.score.*error)};
        },
        FormatError(table_.mean_pose.*error));
  }
  std::vector<Field> Take() { return std::move(fields_); }

 private:
  const ScoreTable& table_;
  std::vector<Field> fields_;
};

// What columns mean, for those who meet them first.
constexpr const char* kDivisionHelp =
    "closed: quantized without training; open: trained, judged by a control "
    "that was trained as long";
constexpr const char* kIntervalHelp =
    "95% interval of the difference, by resampling recordings";

Column Right(std::string header, std::string help) {
  return {std::move(header), Align::kRight, std::move(help)};
}
Column Left(std::string header, std::string help) {
  return {std::move(header), Align::kLeft, std::move(help)};
}

void AddScores(const ScoreTable& table, Fields& fields) {
  const std::string primary(PrimaryName(table.metric));
  if (table.metric.is_classes()) {
    fields.AddShare(Right(primary, "share of windows whose class is right"),
                    20);
    return;
  }
  for (const int percent : {10, 20, 50}) {
    fields.AddShare(
        Right(fmt::format("PCK@{}", percent),
              fmt::format("share of joints within {}% of the scale", percent)),
        percent);
  }
  fields.AddError(
      Right("MPJPE", "mean distance of joints, in the data's own unit"),
      &Score::mpjpe);
  if (table.metric != Metric()) {
    fields.AddError(Right("PA-MPJPE",
                          "the same after the best rotation, "
                          "scale and shift of each pose"),
                    &Score::pa_mpjpe);
  }
}

// Beside the difference: what is asked for by few.
void AddDetails(const ScoreTable& table, Fields& fields) {
  using Row = const TableRow&;
  const std::string primary(PrimaryName(table.metric));
  fields.AddOptional(Right("of " + Printable(table.rows.front().label),
                           "share of the reference's " + primary),
                     [&](Row row) { return ShareCell(table, row); });
  fields.AddOptional(
      Right("simulated " + primary, "what the training's simulation said"),
      [](Row row) { return Cell{FormatPck20(row.simulated)}; });
  fields.AddOptional(Right("gap LSB",
                           "largest difference of simulation and "
                           "engine, in steps of the output"),
                     GapCell);
  fields.AddOptional(Right("full " + primary,
                           "with the windows that the clean subset leaves "
                           "out"),
                     [](Row row) { return Cell{FormatPck20(row.full)}; });
}

// In the order of the columns.
std::vector<Field> FieldsOf(const ScoreTable& table) {
  using Row = const TableRow&;
  Fields fields(table);
  fields.Add(
      Left("model", "what was scored"), [](Row row) { return Cell{row.label}; },
      std::string(ConstantName(table.metric)));
  fields.AddOptional(Left("division", kDivisionHelp), [](Row row) {
    return Cell{row.division.empty() ? kAbsent : row.division};
  });
  fields.AddOptional(Right("size MiB", "bytes of the file / 2^20"), SizeCell);
  fields.AddOptional(Right("smaller", "size of the reference's file / this"),
                     [&](Row row) { return SmallerCell(table, row); });
  AddScores(table, fields);
  const std::string primary(PrimaryName(table.metric));
  fields.AddOptional(
      Right("delta " + primary,
            "difference to the row it is judged by, in percentage points"),
      [&](Row row) { return DeltaCell(table, row); });
  fields.AddOptional(Right("[95% interval]", kIntervalHelp), IntervalCell);
  if (std::ranges::any_of(table.rows, &TableRow::against)) {
    fields.Add(Left("against", "the row it is judged by"), [&](Row row) {
      return Cell{&row == &table.rows.front() ? kAbsent
                                              : ShortLabel(table.Against(row))};
    });
  }
  AddDetails(table, fields);
  return fields.Take();
}

}  // namespace

Verdict RowVerdict(const ScoreTable& table, const TableRow& row) {
  return VerdictOf(table, row.interval, table.tolerance);
}

Verdict RowVerdict10(const ScoreTable& table, const TableRow& row) {
  return VerdictOf(table, row.interval_10, table.tolerance_10);
}

Style VerdictStyle(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
    case Verdict::kNotWorse:
      return Style::kGood;
    case Verdict::kWorse:
      return Style::kBad;
    case Verdict::kInconclusive:
      return Style::kPlain;
  }
  return Style::kPlain;
}

double RowDelta(const ScoreTable& table, const TableRow& row, int percent) {
  return row.score.Pck(percent) - table.Against(row).score.Pck(percent);
}

std::string ShortLabel(const TableRow& row) {
  return row.label.substr(0, row.label.find(','));
}

std::vector<int> DecidingPercents(const Metric& metric) {
  if (metric.is_classes()) return {20};
  return {10, 20};
}

std::string FormatPercent(double fraction) {
  return fmt::format("{:.2f}%", 100 * fraction);
}

std::string FormatPoints(double fraction, int decimals) {
  const double points = 100 * fraction;
  // Half a unit of the last decimal: below it a sign would be a claim.
  if (std::abs(points) < 0.5 * std::pow(10.0, -decimals)) {
    return fmt::format("{:.{}f}", 0.0, decimals);
  }
  return fmt::format("{:+.{}f}", points, decimals);
}

std::string FormatCount(int64_t count) {
  std::string text = fmt::format("{}", count);
  const int first_digit = count < 0 ? 1 : 0;
  for (int at = static_cast<int>(text.size()) - 3; at > first_digit; at -= 3) {
    text.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return text;
}

std::string ScoreTableHeader(const ScoreTable& table) {
  const std::string files =
      table.files ? fmt::format(" of {} files", FormatCount(*table.files)) : "";
  return fmt::format(
      "{} (normalization {}), {} split{}, {} subset, {} windows{}, {} data",
      MetricText(table.metric), NormalizationName(table.metric),
      Printable(table.split),
      table.split_id.empty() ? ""
                             : fmt::format(" ({})", Printable(table.split_id)),
      table.subset, FormatCount(table.rows.front().score.samples), files,
      table.synthetic ? "synthetic" : "real");
}

std::string RowNotes(const TableRow& row) {
  std::string notes;
  if (row.score.finite_samples < row.score.samples) {
    notes +=
        fmt::format("{}: {} of {} windows are not finite", Printable(row.label),
                    FormatCount(row.score.samples - row.score.finite_samples),
                    FormatCount(row.score.samples));
    if (!row.score.classes) {
      notes += fmt::format(", MPJPE over the others is {}",
                           row.score.finite_samples > 0
                               ? fmt::format("{:.6f}", row.score.mpjpe_finite)
                               : kAbsent);
    }
    notes += "\n";
  }
  if (!row.note.empty()) {
    notes += fmt::format("{}: {}\n", Printable(row.label), Printable(row.note));
  }
  return notes;
}

void CheckOneTable(const ScoreTable& table) {
  Check(!table.rows.empty(), "a score table needs a reference row");
  for (const TableRow& row : table.rows) {
    Check(row.score.samples == table.mean_pose.samples,
          "all rows of a table are scored on the same windows");
  }
}

ScoreCells LayOut(const ScoreTable& table) {
  CheckOneTable(table);
  ScoreCells cells;
  cells.lines.resize(table.rows.size() + 1);
  for (const Field& field : FieldsOf(table)) {
    cells.columns.push_back(field.column);
    for (std::size_t i = 0; i < cells.lines.size(); ++i) {
      cells.lines[i].push_back(field.cells[i]);
    }
  }
  return cells;
}

std::string RenderScoreTable(const ScoreTable& table, Colour colour) {
  const ScoreCells cells = LayOut(table);
  TextTable text(cells.columns);
  std::string section;
  std::string notes;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const TableRow& row = table.rows[i];
    if (row.section != section) text.AddSection(section = row.section);
    text.AddRow(cells.lines[i]);
    notes += RowNotes(row);
  }
  text.AddRow(cells.lines.back());
  return ScoreTableHeader(table) + "\n" + text.Render(colour) + notes;
}

}  // namespace edge_int8
