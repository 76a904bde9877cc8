// A chart of the report, twice from the same numbers: as data for the page's
// chart library and as a static SVG, which is also what the page shows where
// that library is absent. Tested by chart_test.cc, which finds the numbers in
// both.
#ifndef EDGE_INT8_SRC_REPORT_CHART_H_
#define EDGE_INT8_SRC_REPORT_CHART_H_

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/report/run_report.h"

namespace edge_int8 {

struct Picture {
  std::string name;  // when a chart has several: the model's
  std::string svg;
};

struct Chart {
  std::string kind;   // names its file and the page's drawing function
  std::string title;  // what it shows
  std::string note;   // of what: split, subset, windows, how to read it
  nlohmann::json data;
  std::vector<Picture> pictures;
};

// The colour of each model, by its label: the same in every chart and run.
class Palette {
 public:
  explicit Palette(const std::vector<RunReport>& runs);
  int Of(const std::string& label) const;  // kBaselineColour for mean_pose

 private:
  std::map<std::string, int> colours_;
};

// Each is nothing where the run lacks what it shows.
std::optional<Chart> IntervalsChart(const RunReport& run, const Palette& p);
std::optional<Chart> LadderChart(const RunReport& run);
std::optional<Chart> JointsChart(const RunReport& run);
std::optional<Chart> ErrorsChart(const RunReport& run, const Palette& p);
std::optional<Chart> CurvesChart(const RunReport& run, const Palette& p);
std::optional<Chart> DifferenceChart(const RunReport& run, const Palette& p);
std::optional<Chart> SizeChart(const RunReport& run, const Palette& p);
std::optional<Chart> FrontChart(const RunReport& run);
std::optional<Chart> LatencyChart(const RunReport& run);

// All that the run has, in the page's order.
std::vector<Chart> ChartsOf(const RunReport& run, const Palette& palette);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_CHART_H_
