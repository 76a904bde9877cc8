// Operators that multiply by weights, or two activations.
#include <algorithm>
#include <cmath>

#include "tests/testing/graph_grower.h"

namespace edge_int8::core {
namespace {

constexpr double kWeightSpread = 0.58;  // of uniform ones, of their limit

int32_t WeightLimit(int32_t bits, double fan_in, double reach) {
  return static_cast<int32_t>(
      std::min<double>((1 << (bits - 1)) - 1, 0x1.0p30 / fan_in / reach));
}

}  // namespace

std::vector<int8_t> GraphGrower::RandomWeights(std::size_t count,
                                               int32_t limit) {
  Rng rng = choices_.Bulk();
  std::vector<int8_t> weights;
  for (std::size_t i = 0; i < count; ++i) {
    const auto above = rng.Below(static_cast<uint64_t>(2 * limit + 1));
    weights.push_back(static_cast<int8_t>(static_cast<int32_t>(above) - limit));
  }
  return weights;
}

bool GraphGrower::GrowConv() {
  ConvOp op;
  op.input = PickStored();
  const TensorSpec in = spec(op.input);
  ConvGeometry& g = op.geometry;
  const bool depthwise = choices_.OneIn(5);
  int32_t channels = choices_.Between(1, 24);
  if (depthwise) {
    g.groups = in.channels;
    channels = in.channels * choices_.Between(1, 2);
  } else if (in.channels % 2 == 0 && choices_.OneIn(5)) {
    g.groups = 2;
    channels = 2 * choices_.Between(1, 10);
  }
  const auto axis = [&](int32_t extent, int32_t* kernel, int32_t* stride,
                        int32_t* dilation, int32_t* before, int32_t* after) {
    *before = choices_.Below(3);
    *after = choices_.Below(3);
    *stride = choices_.OneIn(4) ? 2 : 1;
    *dilation = choices_.OneIn(4) ? 2 : 1;
    const int32_t room = (extent + *before + *after - 1) / *dilation + 1;
    *kernel = choices_.Between(1, std::min(room, 4));
    return (extent + *before + *after - *dilation * (*kernel - 1) - 1) /
               *stride +
           1;
  };
  const int32_t height = axis(in.height, &g.kernel_h, &g.stride_h,
                              &g.dilation_h, &g.pad_top, &g.pad_bottom);
  const int32_t width = axis(in.width, &g.kernel_w, &g.stride_w, &g.dilation_w,
                             &g.pad_left, &g.pad_right);
  constexpr std::array<int32_t, 6> kBits = {8, 8, 8, 4, 3, 2};
  op.weight_bits = kBits[static_cast<std::size_t>(choices_.Below(6))];
  const int32_t fan_in = in.channels / g.groups * g.kernel_h * g.kernel_w;
  const int32_t limit = WeightLimit(op.weight_bits, fan_in, ReachOf(op.input));
  op.weights =
      RandomWeights(static_cast<std::size_t>(channels * fan_in), limit);
  const double spread =
      std::sqrt(fan_in) * kWeightSpread * limit * Spread(op.input);
  Rng rng = choices_.Bulk();
  for (int32_t o = 0; o < channels; ++o) {
    op.bias.push_back(static_cast<int32_t>(rng.Uniform(-1, 1) * spread));
  }
  const Multiplier scale =
      MakeOutput({channels, height, width}, spread, &op.activation, &op.output);
  for (int32_t o = 0; o < channels; ++o) {
    Multiplier m = scale;  // The same shift: all may become floats, or none.
    m.mantissa -= static_cast<int32_t>(rng.Below(1 << 20)) << 8;
    op.scale.push_back(m.mantissa >= 1 << 30 ? m : scale);
  }
  return Keep(std::move(op));
}

bool GraphGrower::GrowPointwise(int32_t input, int32_t channels, Type type,
                                int32_t low) {
  ConvOp op;
  op.input = input;
  const TensorSpec in = spec(input);
  const int32_t limit = WeightLimit(8, in.channels, ReachOf(input));
  op.weights =
      RandomWeights(static_cast<std::size_t>(channels * in.channels), limit);
  op.bias.assign(static_cast<std::size_t>(channels), 0);
  const double spread =
      std::sqrt(in.channels) * kWeightSpread * limit * Spread(input);
  op.activation.low = low;
  op.activation.high = type == Type::kU8   ? 255
                       : type == Type::kS8 ? 127
                                           : 32767;
  op.activation.zero = type == Type::kU8 ? 128 : 0;
  op.output =
      NewTensor({channels, in.height, in.width}, type, op.activation.zero);
  op.scale.assign(static_cast<std::size_t>(channels),
                  Near(0.25 * (op.activation.high - low) / spread));
  return Keep(std::move(op));
}

bool GraphGrower::GrowAttention() {
  const int32_t heads = choices_.Between(1, 3);
  const int32_t channels = heads * choices_.Between(1, 9);
  if (!GrowPointwise(PickStored(), 3 * channels, Type::kS8, -127)) return false;
  AttentionOp op;
  op.input = last();
  op.heads = heads;
  op.axis = static_cast<AttentionAxis>(choices_.Below(2));
  const double logit = 4096 / (60.0 * 60 * std::sqrt(channels / heads));
  for (int32_t h = 0; h < heads; ++h) op.logit.push_back(Near(logit));
  const double spread = 32767 * 60 * 0.5;
  Rng rng = choices_.Bulk();
  for (int32_t c = 0; c < channels; ++c) {
    op.bias.push_back(static_cast<int32_t>(rng.Uniform(-1, 1) * spread));
  }
  const Multiplier scale =
      MakeOutput({channels, spec(op.input).height, spec(op.input).width},
                 spread, &op.activation, &op.output);
  op.scale.assign(static_cast<std::size_t>(channels), scale);
  return Keep(std::move(op));
}

// b is: a itself, a projection of a, a constant, or the probabilities that a
// softmax over a's channels gives, which weigh 16-bit values.
bool GraphGrower::GrowMatMul() {
  MatMulOp op;
  op.a = PickStored();
  const Extents a = ExtentsOf(op.a);
  op.b = op.a;
  bool ok = true;
  double b_spread = Spread(op.b);
  switch (choices_.Below(4)) {
    case 0:
      break;
    case 1:
      ok = GrowPointwise(op.a, a[0], PickType(), 0);
      op.b = last();
      break;
    case 2: {
      ConstantOp constant;
      constant.values =
          RandomTable(static_cast<std::size_t>(a[0] * 7), -127, 127);
      constant.output = NewTensor({a[0], 1, 7}, Type::kS8, 0);
      op.b = constant.output;
      ok = Keep(std::move(constant));
      break;
    }
    default: {
      SoftmaxOp softmax;
      softmax.input = op.a;
      softmax.axis = 0;
      softmax.logit = Near(4096 / Spread(op.a));
      softmax.output = NewTensor(a, Type::kS16, 0);
      op.b = softmax.output;
      ok = Keep(softmax);
      b_spread = 32767.0 / a[0];
    }
  }
  if (!ok) return false;
  if (choices_.OneIn(4) && spec(op.b).height == a[1]) std::swap(op.a, op.b);
  const double spread = std::sqrt(a[0]) * Spread(op.a) * b_spread;
  op.scale = MakeOutput({spec(op.b).width, spec(op.a).height, spec(op.a).width},
                        spread, &op.activation, &op.output);
  return Keep(std::move(op));
}

bool GraphGrower::GrowRecurrent() {
  int32_t input = PickStored();
  if (spec(input).height != 1) {
    // All rows after each other.
    MoveOp flat;
    const TensorSpec in = spec(input);
    flat.output = NewTensor({in.channels, 1, in.height * in.width}, in.type,
                            in.zero_point);
    const auto size = static_cast<int32_t>(in.size());
    flat.terms = {{input, 0, 0, {{size, 1, 1}}}};
    if (!Keep(std::move(flat))) return false;
    input = last();
  }
  RecurrentOp op;
  op.input = input;
  op.kind = static_cast<RecurrentKind>(choices_.Below(3));
  op.reverse = choices_.OneIn(2);
  op.weight_bits = choices_.OneIn(3) ? 4 : 8;
  const TensorSpec in = spec(input);
  const int32_t hidden = choices_.Between(1, 20);
  const auto rows = static_cast<std::size_t>(GateCount(op.kind) * hidden);
  const int32_t x_limit =
      WeightLimit(op.weight_bits, in.channels, ReachOf(input));
  const int32_t h_limit = WeightLimit(op.weight_bits, hidden, 32767);
  op.input_weights =
      RandomWeights(rows * static_cast<std::size_t>(in.channels), x_limit);
  op.recurrent_weights =
      RandomWeights(rows * static_cast<std::size_t>(hidden), h_limit);
  const double x_spread =
      std::sqrt(in.channels) * kWeightSpread * x_limit * Spread(input);
  const double h_spread = std::sqrt(hidden) * kWeightSpread * h_limit * 16000;
  Rng rng = choices_.Bulk();
  for (std::size_t row = 0; row < rows; ++row) {
    op.input_bias.push_back(
        static_cast<int32_t>(rng.Uniform(-1, 1) * x_spread));
    op.recurrent_bias.push_back(
        static_cast<int32_t>(rng.Uniform(-1, 1) * h_spread));
    // One is 2^11.
    op.input_scale.push_back(MultiplierOf(rng.Uniform(500, 6000) / x_spread));
    op.recurrent_scale.push_back(
        MultiplierOf(rng.Uniform(500, 6000) / h_spread));
  }
  for (int i = 0; i < kInterpolateEntries; ++i) {
    const double x = (16 * i - 32768) / 2048.0;
    op.tanh.push_back(static_cast<int16_t>(std::lround(32767 * std::tanh(x))));
    if (op.kind == RecurrentKind::kRnn) continue;
    op.sigmoid.push_back(
        static_cast<int16_t>(std::lround(32767 / (1 + std::exp(-x)))));
  }
  op.output = NewTensor({hidden, 1, in.width}, Type::kS16, 0);
  return Keep(std::move(op));
}

}  // namespace edge_int8::core
