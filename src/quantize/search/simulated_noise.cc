#include "src/quantize/search/simulated_noise.h"

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/rank_share.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/sum_of_values.h"

namespace edge_int8 {
namespace {

std::vector<float> Output(const Model& model, std::span<const float> window,
                          const FakeQuantizer* rounding) {
  std::vector<float> output;
  RunBatch(model, {window.begin(), window.end()}, 1,
           [&](TensorId id, std::span<float> values) {
             if (rounding != nullptr) rounding->Apply(id, values);
             if (id == model.graph.output) {
               output.assign(values.begin(), values.end());
             }
           });
  return output;
}

double OutputDifference(std::span<const float> a, std::span<const float> b) {
  return SumOfValues(a.size(), [&](std::size_t n) {
    const double off = static_cast<double>(a[n]) - static_cast<double>(b[n]);
    return off * off;
  });
}

}  // namespace

SimulatedNoise SimulateNoise(const Model& folded, const QGraph& qgraph,
                             const Plan& plan, const WindowSource& source,
                             const QuantizerErrorOptions& options) {
  const std::vector<int64_t> windows =
      SpreadWindows(source.size(), options.windows, options.seed);
  if (windows.empty()) FailInput("mixed precision", "there are no windows");
  const FakeQuantizer rounding(folded.graph, qgraph, plan);
  const Model rounded = OnWeightGrid(folded, plan);
  std::vector<SimulatedNoise> each(windows.size());
  const Share mine = MyShare(std::ssize(windows));
  ParallelFor(mine.size(), [&](int64_t n) {
    const int64_t w = mine.first + n;
    std::vector<float> window(AsSize(folded.graph.extent(0).size()));
    source.Read(windows[AsSize(w)], window);
    const std::vector<float> exact = Output(folded, window, nullptr);
    each[AsSize(w)] = {
        OutputDifference(Output(rounded, window, nullptr), exact),
        OutputDifference(Output(rounded, window, &rounding), exact)};
  });
  GatherBatches(std::span(each), std::ssize(each), mine);
  SimulatedNoise noise;
  for (const SimulatedNoise& one : each) {
    noise.weights += one.weights;
    noise.all += one.all;
  }
  const double values =
      static_cast<double>(windows.size()) *
      static_cast<double>(folded.graph.extent(folded.graph.output).size());
  noise.weights /= values;
  noise.all /= values;
  return noise;
}

double Decibels(double signal, double noise) {
  return noise > 0 ? 10 * std::log10(signal / noise)
                   : std::numeric_limits<double>::infinity();
}

}  // namespace edge_int8
