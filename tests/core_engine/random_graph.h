// Builds random valid integer graphs: every operator, type, table and geometry,
// and whole networks shaped like the four variants. Multipliers are chosen so
// that values spread over their range and some are clamped at both ends.
#ifndef EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_GRAPH_H_
#define EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_GRAPH_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/random.h"

namespace edge_int8::core {

// The nearest multiplier of a positive real below 2^30.
inline Multiplier ToMultiplier(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // in [0.5, 1)
  auto mantissa = static_cast<int64_t>(std::llround(std::ldexp(fraction, 31)));
  if (mantissa == int64_t{1} << 31) {
    mantissa >>= 1;
    ++exponent;
  }
  const int shift = 31 - exponent;
  if (shift > 62) return {0, 1};
  return {static_cast<int32_t>(mantissa), shift};
}

// As lowering makes those of accumulators: 24 significant bits, the last one
// set (MakeFloatMultiplier).
inline Multiplier ToFloatMultiplier(Multiplier m) {
  if (m.mantissa != 0) m.mantissa = (m.mantissa & ~255) | 128;
  return m;
}

inline ExpTables TestExpTables() {
  ExpTables tables;
  for (std::size_t i = 0; i < 256; ++i) {
    const auto d = static_cast<double>(i);
    tables.coarse[i] =
        static_cast<uint16_t>(std::lround(32768 * std::exp(-d / 16)));
    tables.fine[i] =
        static_cast<uint16_t>(std::lround(32768 * std::exp(-d / 4096)));
  }
  return tables;
}

// What a convolution, a sum or an attention writes, and through which table.
struct Target {
  Type type = Type::kU8;
  TableKind kind = TableKind::kNone;
  int pre_bits = 8;  // of a lookup: 8 or 12
};

// 3 by 3, as large out as in.
inline constexpr ConvGeometry kSquare = {.kernel_h = 3,
                                         .kernel_w = 3,
                                         .pad_top = 1,
                                         .pad_bottom = 1,
                                         .pad_left = 1,
                                         .pad_right = 1};

class RandomGraph {
 public:
  RandomGraph(uint64_t seed, int32_t channels, int32_t height, int32_t width)
      : rng_(seed) {
    graph_.name = "random";
    graph_.exp_tables = TestExpTables();
    graph_.tensors.push_back({"x", channels, height, width, Type::kU8, 0});
  }

  // From here on some channels are dead, or scaled by nothing or far too much.
  void AllowOddChannels() { odd_channels_ = true; }

  const TensorSpec& spec(int32_t tensor) const {
    return graph_.tensors[static_cast<std::size_t>(tensor)];
  }
  int32_t Below(int32_t n) {
    return static_cast<int32_t>(rng_.Below(static_cast<uint64_t>(n)));
  }

  int32_t Conv(int32_t input, int32_t channels, const ConvGeometry& g,
               const Target& target, int weight_bits = 8) {
    const TensorSpec in = spec(input);
    ConvOp op;
    op.input = input;
    op.geometry = g;
    op.weight_bits = weight_bits;
    const int32_t fan_in = in.channels / g.groups * g.kernel_h * g.kernel_w;
    const double reach = in.type == Type::kS16 ? 32768 : 256;
    const int32_t limit = static_cast<int32_t>(
        std::min((1 << (weight_bits - 1)) - 1.0, 0x1.0p30 / fan_in / reach));
    for (int32_t n = 0; n < channels * fan_in; ++n) {
      op.weights.push_back(static_cast<int8_t>(Below(2 * limit + 1) - limit));
    }
    const double sigma =
        std::sqrt(fan_in) * 0.58 * limit * 0.29 * 2 * reach / 2;
    for (int32_t o = 0; o < channels; ++o) {
      op.bias.push_back(static_cast<int32_t>(sigma * rng_.Uniform(-1, 1)));
    }
    op.activation = MakeActivation(target);
    op.scale = Scales(channels, sigma, op.activation);
    if (odd_channels_ && Below(4) == 0) MakeDead(&op, fan_in);
    op.output = AddTensor(
        channels,
        (in.height + g.pad_top + g.pad_bottom -
         g.dilation_h * (g.kernel_h - 1) - 1) /
                g.stride_h +
            1,
        (in.width + g.pad_left + g.pad_right - g.dilation_w * (g.kernel_w - 1) -
         1) / g.stride_w +
            1,
        target.type, op.activation);
    graph_.ops.emplace_back(std::move(op));
    return graph_.ops.empty() ? 0 : last();
  }

  int32_t Add(const std::vector<int32_t>& terms, const Target& target) {
    AddOp op;
    op.fraction_bits = target.pre_bits == 12 ? 3 : 7;
    for (const int32_t tensor : terms) {
      AddTerm term{tensor, spec(tensor).type != Type::kS16, {}};
      term.scale = ToMultiplier(rng_.Uniform(60, 200));
      op.terms.push_back(term);
    }
    op.activation = MakeActivation(target);
    const TensorSpec in = spec(terms[0]);
    op.output =
        AddTensor(in.channels, in.height, in.width, target.type, op.activation);
    graph_.ops.emplace_back(std::move(op));
    return last();
  }

  int32_t Attention(int32_t qkv, int32_t heads, AttentionAxis axis,
                    const Target& target) {
    const TensorSpec in = spec(qkv);
    const int32_t channels = in.channels / 3;
    AttentionOp op;
    op.input = qkv;
    op.heads = heads;
    op.axis = axis;
    const double logit_sigma = 60.0 * 60 * std::sqrt(channels / heads);
    for (int32_t h = 0; h < heads; ++h) {
      op.logit.push_back(
          ToMultiplier(4096 * rng_.Uniform(0.3, 3) / logit_sigma));
    }
    MayBecomeFloats(&op.logit);
    const double sigma = 32767 * 60 * 0.5;
    for (int32_t c = 0; c < channels; ++c) {
      op.bias.push_back(static_cast<int32_t>(sigma * rng_.Uniform(-1, 1)));
    }
    op.activation = MakeActivation(target);
    op.scale = Scales(channels, sigma, op.activation);
    op.output =
        AddTensor(channels, in.height, in.width, target.type, op.activation);
    graph_.ops.emplace_back(std::move(op));
    return last();
  }

  int32_t Pool(int32_t input, int32_t bins) {
    const TensorSpec in = spec(input);
    PoolOp op;
    op.input = input;
    op.bins = bins;
    if (in.height % bins != 0) {
      for (int32_t b = 0; b < bins; ++b) {
        op.bin_scale.push_back(ToMultiplier(rng_.Uniform(1, 2)));
      }
    }
    op.output = AddTensor(in.channels, bins, 1, Type::kS32, {});
    graph_.ops.emplace_back(std::move(op));
    return last();
  }

  int32_t Transpose(int32_t input, const std::array<int32_t, 3>& order) {
    const TensorSpec in = spec(input);
    const std::array<int32_t, 3> extent = {in.channels, in.height, in.width};
    const auto at = [&](std::size_t axis) {
      return extent[static_cast<std::size_t>(order[axis])];
    };
    Activation same;
    same.zero = in.zero_point;
    TransposeOp op{input, 0, order};
    op.output = AddTensor(at(0), at(1), at(2), in.type, same);
    graph_.ops.emplace_back(op);
    return last();
  }

  // Ends the graph with a pool, because outputs are kS32.
  IntegerGraph Finish(int32_t output) {
    if (spec(output).type != Type::kS32) {
      const Target words{Type::kS16, TableKind::kNone, 8};
      if (spec(output).type != Type::kS16) {
        output = Conv(output, 3, {}, words);
      }
      output = Pool(output, spec(output).height);
    }
    graph_.output = output;
    return std::move(graph_);
  }

  std::vector<uint8_t> RandomInput() {
    std::vector<uint8_t> x(static_cast<std::size_t>(spec(0).size()));
    for (uint8_t& value : x) value = static_cast<uint8_t>(rng_.Next() >> 56);
    return x;
  }

 private:
  int32_t last() const {
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
  }

  int32_t AddTensor(int32_t channels, int32_t height, int32_t width, Type type,
                    const Activation& activation) {
    const bool plain = activation.kind == TableKind::kNone;
    const int32_t zero = type != Type::kU8 ? 0
                         : plain           ? activation.zero
                                           : Below(256);
    graph_.tensors.push_back(
        {std::string("t").append(std::to_string(graph_.tensors.size())),
         channels, height, width, type, zero});
    return last();
  }

  Activation MakeActivation(const Target& target) {
    Activation a;
    a.kind = target.kind;
    const int32_t type_low = target.type == Type::kU8   ? 0
                             : target.type == Type::kS8 ? -127
                                                        : -32768;
    const int32_t type_high = target.type == Type::kU8   ? 255
                              : target.type == Type::kS8 ? 127
                                                         : 32767;
    if (a.kind == TableKind::kNone) {
      a.low = type_low;
      a.high = type_high;
      a.zero = target.type == Type::kU8 ? Below(256) : 0;
      return a;
    }
    std::size_t entries = kInterpolateEntries;
    if (a.kind == TableKind::kLookup) {
      a.high = (1 << target.pre_bits) - 1;
      a.low = 0;
      a.zero = Below(a.high + 1);
      entries = std::size_t{1} << target.pre_bits;
    } else {
      a.low = -32767;
      a.high = 32767;
    }
    for (std::size_t i = 0; i < entries; ++i) {
      a.table.push_back(
          static_cast<int16_t>(type_low + Below(type_high - type_low + 1)));
    }
    return a;
  }

  // One standard deviation is a quarter of the range or so.
  std::vector<Multiplier> Scales(int32_t channels, double sigma,
                                 const Activation& activation) {
    const double range = activation.high - activation.low;
    std::vector<Multiplier> scales;
    for (int32_t c = 0; c < channels; ++c) {
      scales.push_back(ToMultiplier(range / sigma * rng_.Uniform(0.1, 0.4)));
    }
    MayBecomeFloats(&scales);
    if (odd_channels_ && Below(4) == 0) {
      const auto odd = static_cast<std::size_t>(Below(channels));
      scales[odd] = Below(2) == 0
                        ? Multiplier{0, 1}
                        : Multiplier{scales[odd].mantissa, 26 + Below(7)};
    }
    return scales;
  }

  // No weights, and what a bias is worth on the smallest scale for it.
  void MakeDead(ConvOp* op, int32_t fan_in) {
    const auto channels = static_cast<int32_t>(op->bias.size());
    const auto o = static_cast<std::size_t>(Below(channels));
    std::fill_n(op->weights.begin() + static_cast<std::ptrdiff_t>(o) * fan_in,
                fan_in, int8_t{0});
    op->bias[o] = (Below(2) == 0 ? 1 : -1) * ((1 << 29) - Below(1000));
    op->scale[o] = {(1 << 30) + Below(1 << 20), 54 + Below(7)};
  }

  // Half of the operators have multipliers that engines may use as floats.
  void MayBecomeFloats(std::vector<Multiplier>* scales) {
    if (rng_.Below(2) == 0) return;
    for (Multiplier& m : *scales) m = ToFloatMultiplier(m);
  }

  Rng rng_;
  IntegerGraph graph_;
  bool odd_channels_ = false;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_ENGINE_RANDOM_GRAPH_H_
