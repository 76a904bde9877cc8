#include "src/report/chart.h"

#include <fmt/format.h>

#include <utility>

#include "src/report/svg_plot.h"

namespace edge_int8 {

Picture MakePicture(std::string name,
                    const std::function<std::string(PlotSize)>& draw,
                    std::string suffix) {
  return {std::move(name), draw(PlotSize::kWide), draw(PlotSize::kNarrow),
          std::move(suffix)};
}

std::string FileSuffix(int percent) {
  return percent == 20 ? "" : fmt::format("-pck{}", percent);
}

Palette::Palette(const std::vector<RunReport>& runs) {
  const auto add = [this](const std::string& label) {
    if (label == "mean_pose") return;
    colours_.emplace(label, static_cast<int>(colours_.size()));
  };
  add("fp32");
  for (const RunReport& run : runs) {
    if (run.bench) {
      for (const std::string& label : run.bench->labels) add(label);
    }
    if (run.errors) {
      for (const ErrorCurve& model : run.errors->models) add(model.label);
    }
    for (const LatencyBar& bar : run.latency) {
      if (!bar.peer) add(bar.label);
    }
  }
}

int Palette::Of(const std::string& label) const {
  const auto found = colours_.find(label);
  return found == colours_.end() ? kBaselineColour
                                 : found->second % kSeriesColours;
}

std::vector<Chart> ChartsOf(const RunReport& run, const Palette& palette) {
  std::vector<Chart> charts;
  const auto add = [&charts](std::optional<Chart> chart) {
    if (chart) charts.push_back(std::move(*chart));
  };
  add(IntervalsChart(run, palette));
  add(LadderChart(run));
  add(JointsChart(run));
  add(NetworkChart(run));
  add(ErrorsChart(run, palette));
  add(CurvesChart(run, palette));
  add(DifferenceChart(run, palette));
  add(SizeChart(run, palette));
  add(FrontChart(run));
  add(LatencyChart(run, palette));
  return charts;
}

}  // namespace edge_int8
