#include "src/study/fx/fx_simulation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/graph/batch_nodes.h"

namespace edge_int8 {
namespace {

constexpr float kQuint8Top = 255;
// Largest sum of |weight| for which no accumulator of 8-bit codes reaches 2^24.
constexpr float kExactNorm = 0x1p24f / kQuint8Top;

// To the nearest integer, half to even, for |x| < 2^22: adding 1.5 * 2^23
// leaves no bits below one. Vectorizes, which nearbyint does not everywhere.
float RoundEven(float x) { return (x + 0x1.8p23f) - 0x1.8p23f; }

FxRange Choose(const FxRanges& ranges, FxRangeMethod method) {
  switch (method) {
    case FxRangeMethod::kHistogram:
      return ranges.histogram;
    case FxRangeMethod::kMinMax:
      return ranges.min_max;
    case FxRangeMethod::kMovingAverage:
      return ranges.moving_average;
    case FxRangeMethod::kMovingAverageApart:
      return ranges.moving_average_apart;
  }
  Check(false, "unknown range method");
  return {};
}

}  // namespace

float FxSimulation::Grid::Code(float value) const {
  return RoundEven(std::clamp(value * inverse, -zero, top - zero));
}

FxSimulation::FxSimulation(const Model& fused, FxPlacement place,
                           std::span<const FxRanges> ranges,
                           const FxChoices& choices, const FxWeightReach& reach)
    : model_(fused), place_(std::move(place)) {
  Check(ranges.size() == place_.grids.size(), "a range for each grid");
  for (std::size_t g = 0; g < ranges.size(); ++g) {
    const FxBoundary boundary = place_.grids[g].boundary;
    const int top =
        boundary == FxBoundary::kHead ? choices.head_top : choices.top;
    const FxScale scale = ScaleOf(Choose(ranges[g], choices.ranges), top);
    Grid grid;
    grid.active = !choices.in_float.contains(boundary);
    grid.scale = scale.scale;
    grid.inverse = 1.0f / scale.scale;
    grid.zero = static_cast<float>(scale.zero_point);
    grid.top = choices.cut_at_top
                   ? static_cast<float>(top)
                   : std::max(kQuint8Top, static_cast<float>(top));
    grids_.push_back(grid);
  }
  QuantizeWeights(reach);
}

// PerChannelMinMaxObserver, symmetric, to -128..127.
void FxSimulation::QuantizeWeights(const FxWeightReach& reach) {
  convs_.resize(model_.graph.nodes.size());
  for (std::size_t n = 0; n < convs_.size(); ++n) {
    auto* conv = std::get_if<Conv>(&model_.graph.nodes[n].op);
    if (conv == nullptr) continue;
    IntegerConv& integer = convs_[n];
    const auto channels = AsSize(conv->out_channels);
    integer.bias.assign(channels, 0);
    if (!conv->bias.empty()) integer.bias = model_.Parameter(conv->bias).data;
    std::vector<float>& weights = model_.Parameter(conv->weight).data;
    const std::size_t row = weights.size() / channels;
    const auto given = reach.find(conv->weight);
    Check(given == reach.end() || given->second.size() == channels,
          "a size for each output channel of " + conv->weight);
    for (std::size_t o = 0; o < channels; ++o) {
      const std::span<float> own = std::span(weights).subspan(o * row, row);
      float largest = 0;
      for (const float w : own) largest = std::max(largest, std::fabs(w));
      if (given != reach.end()) largest = given->second[o];
      const float scale =
          std::max(largest / 127.5f, std::numeric_limits<float>::epsilon());
      const float inverse = 1.0f / scale;
      float norm = 0;
      for (float& w : own) {
        w = std::clamp(RoundEven(w * inverse), -128.0f, 127.0f);
        norm += std::fabs(w);
      }
      integer.scales.push_back(scale);
      if (norm >= kExactNorm) integer.exact = false;
    }
    integer.conv = *conv;
    integer.conv.bias.clear();
  }
}

const FxSimulation::Grid* FxSimulation::GridAt(const std::vector<int>& of,
                                               TensorId tensor) const {
  const int grid = of[AsSize(tensor)];
  if (grid < 0 || !grids_[AsSize(grid)].active) return nullptr;
  return &grids_[AsSize(grid)];
}

// What a node sees of a tensor that no rounding has fixed yet, or of q, k, v.
std::vector<float> FxSimulation::Input(const Node& node, TensorId tensor,
                                       const Values& values, int batch) const {
  std::vector<float> input = values[AsSize(tensor)];
  const bool attends = std::holds_alternative<AttentionScores>(node.op) ||
                       std::holds_alternative<AttentionMix>(node.op);
  const std::vector<int>& parts = place_.parts[AsSize(tensor)];
  if (attends && !parts.empty()) {
    const std::size_t size = input.size() / AsSize(batch);
    const std::size_t part_size = size / parts.size();
    for (std::size_t n = 0; n < input.size(); ++n) {
      const Grid& grid = grids_[AsSize(parts[n % size / part_size])];
      if (grid.active) input[n] = grid.Round(input[n]);
    }
  } else if (FxQuantizes(model_.graph, node)) {
    if (const Grid* grid = GridAt(place_.asked, tensor)) {
      for (float& v : input) v = grid->Round(v);
    }
  }
  return input;
}

// fbgemm's requantization: the bias is a float in the accumulator's units, and
// one float multiplication leads to the output's.
void FxSimulation::RunConv(std::size_t n, int batch, const Values& values,
                           std::span<float> out) const {
  const Node& node = model_.graph.nodes[n];
  const IntegerConv& integer = convs_[n];
  const TensorId from = node.inputs[0];
  const Grid* in = GridAt(place_.stored, from);
  if (in == nullptr) in = GridAt(place_.asked, from);
  Check(in != nullptr, "a convolution reads integers");
  std::vector<float> codes = values[AsSize(from)];
  for (float& v : codes) v = in->Code(v);
  Node bare = node;
  bare.op = integer.conv;
  if (integer.exact) {
    ComputeBatch(model_, bare, {codes}, batch, out);
  } else {
    // Two sums of 16 times smaller codes, each exact.
    std::vector<float> high(codes.size());
    for (std::size_t i = 0; i < codes.size(); ++i) {
      high[i] = std::floor(codes[i] / 16);
      codes[i] -= 16 * high[i];
    }
    std::vector<float> low(out.size());
    ComputeBatch(model_, bare, {codes}, batch, low);
    ComputeBatch(model_, bare, {high}, batch, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(16 * double{out[i]} + double{low[i]});
    }
  }
  const Grid* made = GridAt(place_.made, node.output);
  const std::size_t area = out.size() / AsSize(batch) / integer.scales.size();
  for (std::size_t begin = 0; begin < out.size(); begin += area) {
    const std::size_t o = begin / area % integer.scales.size();
    const float unit = in->scale * integer.scales[o];
    const float shift = integer.bias[o] / unit;
    for (float& v : out.subspan(begin, area)) {
      v += shift;
      if (made == nullptr) {
        v *= unit;
        continue;
      }
      const float code = std::clamp(v * (unit / made->scale), -made->zero,
                                    made->top - made->zero);
      v = RoundEven(code) * made->scale;
    }
  }
}

// The mean of codes, rounded on the grid they come from.
void FxSimulation::RunPool(const Node& node, int batch, const Values& values,
                           std::span<float> out) const {
  const TensorId from = node.inputs[0];
  const Grid* grid = GridAt(place_.stored, node.output);
  std::vector<float> input = values[AsSize(from)];
  if (grid == nullptr) {
    ComputeBatch(model_, node, {input}, batch, out);
    return;
  }
  for (float& v : input) v = grid->Code(v);
  ComputeBatch(model_, node, {input}, batch, out);
  for (float& v : out) v = RoundEven(v) * grid->scale;
}

void FxSimulation::Run(std::span<const float> windows, int batch,
                       std::span<float> output) const {
  const Graph& graph = model_.graph;
  Values values(graph.tensors.size());
  values[0].assign(windows.begin(), windows.end());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    std::vector<float>& out = values[AsSize(node.output)];
    out.resize(AsSize(batch * graph.extent(node.output).size()));
    if (std::holds_alternative<Conv>(node.op)) {
      RunConv(n, batch, values, out);
    } else if (std::holds_alternative<Pool>(node.op)) {
      RunPool(node, batch, values, out);
    } else {
      std::vector<std::vector<float>> inputs;
      for (const TensorId id : node.inputs) {
        inputs.push_back(Input(node, id, values, batch));
      }
      const std::vector<std::span<const float>> spans(inputs.begin(),
                                                      inputs.end());
      ComputeBatch(model_, node, spans, batch, out);
      if (const Grid* grid = GridAt(place_.made, node.output)) {
        for (float& v : out) v = grid->Round(v);
      }
    }
    if (const Grid* grid = GridAt(place_.cut, node.output)) {
      for (float& v : out) v = grid->Round(v);
    }
  }
  std::ranges::copy(values[AsSize(graph.output)], output.begin());
}

}  // namespace edge_int8
