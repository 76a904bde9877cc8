#include "core/engine/winograd_plan.h"

#include <algorithm>
#include <cstdlib>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

constexpr int64_t kLargestSum = (int64_t{1} << 29) - 1;  // times 4: 32 bits
constexpr int32_t kTilesAtOnce = 10;  // positions of a register block
constexpr int32_t kValuesPerStep = kStepBytes / 2;

// Element (i, j) of H w Ht.
int32_t TransformedWeight(const int8_t* w, int i, int j) {
  constexpr int kH[4][3] = {{2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}};
  int32_t sum = 0;
  for (int h = 0; h < 3; ++h) {
    for (int v = 0; v < 3; ++v) sum += kH[i][h] * w[3 * h + v] * kH[j][v];
  }
  return sum;
}

void PackWeights(const ConvOp& op, int32_t in_channels, WinogradPlan* plan) {
  const auto steps = static_cast<int32_t>(plan->step.size());
  const int64_t panel = int64_t{steps} * kPanel * kValuesPerStep;
  plan->product_bytes = plan->columns / kPanel * panel * 2;
  plan->weights = AlignedBuffer(
      static_cast<std::size_t>(kWinogradProducts * plan->product_bytes) +
      kSlack);
  auto* const packed = reinterpret_cast<int16_t*>(plan->weights.data());
  const auto outputs = static_cast<int32_t>(op.bias.size());
  for (int32_t o = 0; o < outputs; ++o) {
    for (int32_t c = 0; c < in_channels; ++c) {
      const int8_t* w = op.weights.data() + 9 * (int64_t{o} * in_channels + c);
      const int64_t at = o / kPanel * panel +
                         c / kValuesPerStep * kPanel * kValuesPerStep +
                         o % kPanel * kValuesPerStep + c % kValuesPerStep;
      for (int k = 0; k < kWinogradProducts; ++k) {
        packed[k * plan->product_bytes / 2 + at] =
            static_cast<int16_t>(TransformedWeight(w, k / 4, k % 4));
      }
    }
  }
}

// Where pairs start that cover 0 to `size`: the last one may overlap.
std::vector<int32_t> Pairs(int32_t size) {
  std::vector<int32_t> starts;
  for (int32_t i = 0; i < size; i += 2) {
    starts.push_back(std::min(i, size - 2));
  }
  return starts;
}

void PlanSpans(const ConvGeometry& g, const TensorLayout& in, int32_t width,
               WinogradPlan* plan) {
  const std::vector<int32_t> starts = Pairs(width);
  const auto tiles = static_cast<int32_t>(starts.size());
  const int32_t spans = (tiles + kTilesAtOnce - 1) / kTilesAtOnce;
  for (int32_t s = 0; s < spans; ++s) {
    const int32_t first = tiles * s / spans, end = tiles * (s + 1) / spans;
    WinogradSpan span;
    span.first_place = starts[static_cast<std::size_t>(first)];
    for (int32_t t = first; t < end; ++t) {
      const int32_t place = starts[static_cast<std::size_t>(t)];
      span.inputs.push_back((in.left + place - g.pad_left) * in.place_bytes());
      span.outputs.push_back((place - span.first_place) * plan->columns);
      span.places = place + 2 - span.first_place;
    }
    plan->max_tiles = std::max(plan->max_tiles, end - first);
    plan->max_places = std::max(plan->max_places, span.places);
    plan->spans.push_back(std::move(span));
  }
}

}  // namespace

bool SuitsWinograd(const ConvOp& op, const TensorLayout& in,
                   const TensorLayout& out, int32_t largest) {
  const ConvGeometry& g = op.geometry;
  const bool square = g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 &&
                      g.stride_w == 1 && g.dilation_h == 1 &&
                      g.dilation_w == 1 && g.groups == 1;
  // With fewer channels the transforms take what the products save, and fewer
  // columns than a panel are folded instead (conv_plan.h).
  const bool pays = in.channels >= kPanel && out.channels > kPanel / 2;
  if (!square || !pays || in.type != Type::kS16 || out.height < 2 ||
      out.width < 2 || largest > kWinogradInput) {
    return false;
  }
  const std::size_t row = op.weights.size() / op.bias.size();
  for (std::size_t o = 0; o < op.bias.size(); ++o) {
    int64_t sum = 0;
    for (std::size_t i = o * row; i < (o + 1) * row; ++i) {
      sum += std::abs(int64_t{op.weights[i]}) * largest;
    }
    if (sum > kLargestSum) return false;
  }
  return true;
}

WinogradPlan PlanWinograd(const ConvOp& op, const TensorLayout& in,
                          const TensorLayout& out) {
  WinogradPlan plan;
  plan.channels = in.pitch;
  plan.columns = out.pitch;
  plan.rows = Pairs(out.height);
  PlanSpans(op.geometry, in, out.width, &plan);
  for (int32_t t = 0; t < plan.max_tiles; ++t) {
    plan.position.push_back(t * plan.channels * 2);
  }
  for (int32_t c = 0; c < in.channels; c += kValuesPerStep) {
    plan.step.push_back(c * 2);
  }
  plan.bias = op.bias;
  plan.bias.resize(static_cast<std::size_t>(plan.columns));
  plan.no_bias.resize(static_cast<std::size_t>(plan.columns));
  PackWeights(op, in.channels, &plan);
  return plan;
}

}  // namespace edge_int8::core
