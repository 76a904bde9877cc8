// The table that `bench` prints: one line per model, all scored by one metric
// on the same windows, the first one the reference that the others are compared
// with; what was trained is compared with a control where there is one. Tested
// by score_table_test.cc, which compares whole rendered tables.
//
// A number is never shown without its metric id, normalization, split, subset,
// kind of data and the mean-pose baseline, so the struct asks for all of them.
#ifndef EDGE_INT8_SRC_REPORT_SCORE_TABLE_H_
#define EDGE_INT8_SRC_REPORT_SCORE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/pose/paired_bootstrap.h"
#include "src/pose/pose_metric.h"
#include "src/report/text_table.h"

namespace edge_int8 {

// What is optional and absent shows as "-"; an optional column that no row
// fills is left out.
struct TableRow {
  std::string label;     // "fp32", "int8 PTQ static"
  std::string section;   // Rows of one section are shown under its title.
  std::string division;  // "closed" or "open"; a column when any row has one
  std::optional<double> size_mib;  // the file on disk
  Score score;                     // of the table's subset
  // Of the full subset, where the table's is clean.
  std::optional<Score> full;
  // Index of the row that this one is judged against: of trained models the
  // control, which was trained as they were, but in float.
  std::size_t against = 0;
  // 95% intervals of PCK@20, PCK@10 (as fractions) and MPJPE minus that row's.
  // The differences themselves are taken from the scores.
  std::optional<Interval> interval;
  std::optional<Interval> interval_10;
  std::optional<Interval> interval_mpjpe;
  // What a simulation in float said the integers would score.
  std::optional<Score> simulated;
  // Largest difference of simulation and engine, in output steps.
  std::optional<int64_t> conversion_gap_lsb;
  std::string note;  // A line of its own under the table.
};

struct ScoreTable {
  Metric metric;
  std::string split;
  std::string split_id;  // "seed42"; empty where an older run doesn't say
  std::string subset;
  bool synthetic = false;
  std::optional<int> files;    // whose windows were scored, where known
  std::vector<TableRow> rows;  // The first is the reference; at least one.
  Score mean_pose;             // of the train split's constant answer
  // By how much a row that is "not worse" may be, as fractions of PCK@20 and of
  // PCK@10, of which a shift of all joints costs about three times as much.
  double tolerance = 0.001;
  double tolerance_10 = 0.003;

  const TableRow& Against(const TableRow& row) const {
    return rows[row.against];
  }
};

// The row against the one it is judged by. Inconclusive also without an
// interval or when the windows are of fewer than two files.
Verdict RowVerdict(const ScoreTable& table, const TableRow& row);
Verdict RowVerdict10(const ScoreTable& table, const TableRow& row);
// What a verdict is shown in.
Style VerdictStyle(Verdict verdict);
// PCK minus that of the row it is judged by.
double RowDelta(const ScoreTable& table, const TableRow& row, int percent = 20);
// "fp32 fine-tuned (control), 3 epochs" is named "fp32 fine-tuned (control)".
std::string ShortLabel(const TableRow& row);

// The table before it is drawn: a line of cells for each row and, last, one for
// the mean pose, so that the terminal and the page can't differ.
struct ScoreCells {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> lines;
};
// Check()s that there is a reference and that every row was scored on as many
// windows.
void CheckOneTable(const ScoreTable& table);
// Of such a table.
ScoreCells LayOut(const ScoreTable& table);
// "torso-pck/1 (normalization torso), test split, ..."
std::string ScoreTableHeader(const ScoreTable& table);
// What stands under the table about this row; each line ends in '\n'.
std::string RowNotes(const TableRow& row);

std::string RenderScoreTable(const ScoreTable& table,
                             Colour colour = Colour::kOff);

// The thresholds whose shares decide: PCK@10 and PCK@20; of classes the one
// under which Score::Pck has top-1.
std::vector<int> DecidingPercents(const Metric& metric);

// Numbers as all reports write them: 0.9662 as "96.62%"; -0.5564 as
// "-55.64" percentage points, a difference that rounds to zero as "0.00".
std::string FormatPercent(double fraction);
std::string FormatPoints(double fraction, int decimals = 2);
// 52560 as "52,560".
std::string FormatCount(int64_t count);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_SCORE_TABLE_H_
