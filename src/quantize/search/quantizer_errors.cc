#include "src/quantize/search/quantizer_errors.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "src/base/as_size.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"

namespace edge_int8 {
namespace {

constexpr int64_t kKeptWindows = 4;  // windows whose tensors are all kept

using Tensors = std::vector<std::vector<float>>;

// The output when one quantizer alone rounds, in place of what the model made.
std::vector<float> RunRounded(const Model& model, const Tensors& exact,
                              int batch, const Quantizer& quantizer,
                              const FakeQuantizer& rounding) {
  const Graph& graph = model.graph;
  const std::vector<TensorId> rounded = RoundedTensors(quantizer);
  Tensors changed(exact.size());
  const auto round = [&](TensorId id) {
    std::vector<float>& values = changed[AsSize(id)];
    if (values.empty()) values = exact[AsSize(id)];
    rounding.Apply(id, values);
  };
  if (quantizer.tensor == 0) round(0);
  for (const Node& node : graph.nodes) {
    std::vector<std::span<const float>> inputs;
    bool touched = false;
    for (const TensorId id : node.inputs) {
      const std::vector<float>& now = changed[AsSize(id)];
      touched = touched || !now.empty();
      inputs.push_back(now.empty() ? exact[AsSize(id)] : now);
    }
    if (touched) {
      std::vector<float>& out = changed[AsSize(node.output)];
      out.resize(exact[AsSize(node.output)].size());
      ComputeBatch(model, node, inputs, batch, out);
    }
    if (std::ranges::count(rounded, node.output) > 0) round(node.output);
  }
  std::vector<float>& output = changed[AsSize(graph.output)];
  return output.empty() ? exact[AsSize(graph.output)] : std::move(output);
}

double SquaredDifference(const std::vector<float>& a,
                         const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    sum += std::pow(static_cast<double>(a[n]) - static_cast<double>(b[n]), 2);
  }
  return sum;
}

// One quantizer for each quantizer, which knows no other.
std::vector<FakeQuantizer> OneByOne(const Graph& graph, const QGraph& qgraph,
                                    const Plan& plan) {
  std::vector<FakeQuantizer> quantizers;
  for (const Quantizer& quantizer : qgraph.quantizers) {
    QGraph one = qgraph;
    one.quantizers = {quantizer};
    quantizers.emplace_back(graph, one, plan);
  }
  return quantizers;
}

}  // namespace

std::vector<double> QuantizerErrors(const Model& folded, const QGraph& qgraph,
                                    const Plan& plan,
                                    const WindowSource& source,
                                    const QuantizerErrorOptions& options) {
  const std::vector<int64_t> windows =
      SpreadWindows(source.size(), options.windows, options.seed);
  if (windows.empty()) FailInput("quantizer errors", "there are no windows");
  const std::vector<FakeQuantizer> quantizers =
      OneByOne(folded.graph, qgraph, plan);
  const auto size = static_cast<std::size_t>(folded.graph.extent(0).size());
  const auto total = std::ssize(windows);
  const int64_t batches = (total + kKeptWindows - 1) / kKeptWindows;
  const std::size_t tensors = qgraph.quantizers.size();
  std::vector<double> sums(AsSize(batches) * tensors);  // [batch][quantizer]
  Progress progress("measure each tensor alone", total, "windows");
  const Share mine = MyShare(batches);
  ParallelFor(mine.size(), [&](int64_t n) {
    const int64_t b = mine.first + n;
    const auto begin = static_cast<std::size_t>(b * kKeptWindows);
    const auto count = static_cast<std::size_t>(
        std::min(kKeptWindows, total - b * kKeptWindows));
    std::vector<float> input(count * size);
    for (std::size_t w = 0; w < count; ++w) {
      source.Read(windows[begin + w], std::span(input).subspan(w * size, size));
    }
    const int batch = static_cast<int>(count);
    Tensors exact(folded.graph.tensors.size());
    RunBatch(folded, std::move(input), batch,
             [&](TensorId id, std::span<float> values) {
               exact[AsSize(id)].assign(values.begin(), values.end());
             });
    for (std::size_t s = 0; s < qgraph.quantizers.size(); ++s) {
      sums[AsSize(b) * tensors + s] = SquaredDifference(
          RunRounded(folded, exact, batch, qgraph.quantizers[s], quantizers[s]),
          exact[AsSize(folded.graph.output)]);
    }
    progress.Add(static_cast<int64_t>(count));
  });
  GatherBatches(std::span(sums), batches, mine);
  std::vector<double> errors(tensors);
  for (std::size_t n = 0; n < sums.size(); ++n) errors[n % tensors] += sums[n];
  const double values =
      static_cast<double>(total) *
      static_cast<double>(folded.graph.extent(folded.graph.output).size());
  for (double& error : errors) error /= values;
  return errors;
}

double OutputVariance(const Model& folded, const WindowSource& source,
                      const QuantizerErrorOptions& options) {
  const std::vector<int64_t> windows =
      SpreadWindows(source.size(), options.windows, options.seed);
  if (windows.empty()) FailInput("output variance", "there are no windows");
  const Graph& graph = folded.graph;
  std::vector<std::vector<float>> outputs(windows.size());
  ParallelFor(std::ssize(windows), [&](int64_t w) {
    const auto i = static_cast<std::size_t>(w);
    std::vector<float> input(static_cast<std::size_t>(graph.extent(0).size()));
    source.Read(windows[i], input);
    RunBatch(folded, std::move(input), 1,
             [&](TensorId id, std::span<float> values) {
               if (id == graph.output) {
                 outputs[i].assign(values.begin(), values.end());
               }
             });
  });
  double variance = 0;
  const auto count = static_cast<double>(outputs.size());
  for (std::size_t n = 0; n < outputs[0].size(); ++n) {
    double mean = 0;
    for (const std::vector<float>& output : outputs) mean += output[n] / count;
    for (const std::vector<float>& output : outputs) {
      variance += std::pow(output[n] - mean, 2) / count;
    }
  }
  return variance / static_cast<double>(outputs[0].size());
}

}  // namespace edge_int8
