// Tables for the report's tests. The numbers are invented.
#ifndef EDGE_INT8_TESTS_REPORT_EXAMPLE_TABLE_H_
#define EDGE_INT8_TESTS_REPORT_EXAMPLE_TABLE_H_

#include <optional>
#include <string>

#include "src/report/score_table.h"

namespace edge_int8 {

inline Score ExampleScore(double pck20, double mpjpe) {
  Score score;
  score.samples = 2025;
  score.finite_samples = 2025;
  score.pck = {pck20 - 0.1, pck20, 0.98, 0.985, 0.99};
  score.mpjpe = mpjpe;
  score.mpjpe_finite = mpjpe;
  return score;
}

inline TableRow ExampleRow(std::string label, double pck20,
                           std::optional<Interval> interval = {}) {
  TableRow row;
  row.label = std::move(label);
  row.score = ExampleScore(pck20, 0.01);
  row.interval = interval;
  row.size_mib = 0.8;
  return row;
}

// A reference without quantized rows.
inline ScoreTable ExampleTable() {
  ScoreTable table;
  table.split = "test";
  table.subset = "clean";
  table.synthetic = true;
  table.files = 75;
  table.mean_pose = ExampleScore(0.75, 0.05);
  table.rows.push_back(ExampleRow("fp32", 0.9625));
  table.rows.front().size_mib = 3.2;
  return table;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_REPORT_EXAMPLE_TABLE_H_
