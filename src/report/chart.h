// A chart of the report: its pictures, which are also files of their own, and
// the numbers in them, to read on hover and to take along. Tested by
// chart_test.cc, which finds the numbers in both.
#ifndef EDGE_INT8_SRC_REPORT_CHART_H_
#define EDGE_INT8_SRC_REPORT_CHART_H_

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/report/run_report.h"
#include "src/report/svg_plot.h"

namespace edge_int8 {

// Of one thing in both widths; `narrow` is empty where the wide one is
// scrolled.
struct Picture {
  std::string name;  // when a chart has several: the model's or the metric's
  std::string wide, narrow;
  std::string suffix = {};  // of its file's name, behind the chart's kind
};
Picture MakePicture(std::string name,
                    const std::function<std::string(PlotSize)>& draw,
                    std::string suffix = {});

// Of a picture by PCK at a threshold: PCK@20 decides and has the plain name.
std::string FileSuffix(int percent);

struct Chart {
  std::string kind;   // names its file
  std::string title;  // what it shows
  // What the numbers say, then of what they are (split, subset, windows) and
  // how to read the picture.
  std::string note;
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
std::optional<Chart> NetworkChart(const RunReport& run);
std::optional<Chart> LatencyChart(const RunReport& run, const Palette& p);

// All that the run has, in the page's order.
std::vector<Chart> ChartsOf(const RunReport& run, const Palette& palette);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_CHART_H_
