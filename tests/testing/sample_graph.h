// A small integer graph with every operator, every tensor type, both weight
// widths and every kind of table: for tests of what reads, runs or translates
// graphs. Valid by ValidateGraph(); its numbers mean nothing.
#ifndef EDGE_INT8_TESTS_TESTING_SAMPLE_GRAPH_H_
#define EDGE_INT8_TESTS_TESTING_SAMPLE_GRAPH_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/base/random.h"

namespace edge_int8 {

class SampleGraphBuilder {
 public:
  // The operators by number: 0 and 1 causal and pointwise convolutions, 2 sum,
  // 3 transpose, 4 strided 4-bit convolution, 5 q/k/v, 6 and 7 attention along
  // width and, after another q/k/v, 8 height, 9 head, 10 pool, 11 transpose.
  core::IntegerGraph Build() {
    graph_.name = "sample";
    FillExp();
    const int32_t input = Tensor("input", 4, 1, 7, core::Type::kU8, 0);
    const int32_t causal = Tensor("causal", 4, 1, 7, core::Type::kU8, 20);
    Conv(input, causal,
         {.kernel_w = 3, .dilation_w = 2, .pad_left = 4, .groups = 2}, 8,
         Lookup(256, 0, 255));
    const int32_t branch = Tensor("branch", 4, 1, 7, core::Type::kS16, 0);
    Conv(causal, branch, {}, 8, Lookup(256, -16000, 16000));
    const int32_t sum = Tensor("sum", 4, 1, 7, core::Type::kU8, 9);
    graph_.ops.push_back(
        core::AddOp{{{branch, false, {}}, {causal, true, Scale(60)}},
                    sum,
                    3,
                    Lookup(4096, 0, 255)});
    const int32_t image = Tensor("image", 1, 7, 4, core::Type::kU8, 9);
    graph_.ops.push_back(core::TransposeOp{sum, image, {1, 2, 0}});
    const int32_t wide = Tensor("wide", 3, 7, 2, core::Type::kU8, 0);
    Conv(image, wide,
         {.kernel_w = 3, .stride_w = 2, .pad_left = 1, .pad_right = 1}, 4,
         Lookup(256, 0, 255));
    const int32_t mixed = Attention(wide, 2, 2, core::AttentionAxis::kWidth);
    const int32_t again = Attention(mixed, 4, 1, core::AttentionAxis::kHeight);
    const int32_t head = Tensor("head", 2, 7, 2, core::Type::kS16, 0);
    Conv(again, head,
         {.kernel_h = 3,
          .kernel_w = 3,
          .pad_top = 1,
          .pad_bottom = 1,
          .pad_left = 1,
          .pad_right = 1},
         8, Interpolated());
    const int32_t pool = Tensor("pool", 2, 3, 1, core::Type::kS32, 0);
    graph_.ops.push_back(
        core::PoolOp{head, pool, 3, {Scale(1.0), Scale(1.5), Scale(1.0)}});
    graph_.output = Tensor("pose", 3, 2, 1, core::Type::kS32, 0);
    graph_.ops.push_back(core::TransposeOp{pool, graph_.output, {1, 0, 2}});
    graph_.output_scale = 0.001f;
    return graph_;
  }

 private:
  static core::Multiplier Scale(double real) {
    int exponent = 0;
    const double fraction = std::frexp(real, &exponent);
    return {static_cast<int32_t>(std::lround(fraction * 0x1.0p30)) * 2,
            31 - exponent};
  }

  int32_t Tensor(std::string name, int c, int h, int w, core::Type type,
                 int zero) {
    graph_.tensors.push_back({std::move(name), c, h, w, type, zero});
    return static_cast<int32_t>(graph_.tensors.size()) - 1;
  }

  int32_t Random(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(
                     rng_.Below(static_cast<uint64_t>(high - low + 1)));
  }

  core::Activation Lookup(int32_t size, int32_t low, int32_t high) {
    core::Activation a{size / 4, 0, size - 1, core::TableKind::kLookup, {}};
    for (int32_t i = 0; i < size; ++i) {
      a.table.push_back(static_cast<int16_t>(low + (high - low) * i / size));
    }
    return a;
  }

  core::Activation Interpolated() {
    core::Activation a{0, -32768, 32767, core::TableKind::kInterpolate, {}};
    for (int32_t i = 0; i < core::kInterpolateEntries; ++i) {
      a.table.push_back(static_cast<int16_t>(std::max(8 * i - 16384, -100)));
    }
    return a;
  }

  void Conv(int32_t input, int32_t output, const core::ConvGeometry& g,
            int bits, core::Activation activation) {
    const auto& in = graph_.tensors[static_cast<std::size_t>(input)];
    const auto& out = graph_.tensors[static_cast<std::size_t>(output)];
    const double span = (activation.high - activation.low + 1) / 256.0;
    core::ConvOp op{input, output, g, bits, {}, {}, {}, std::move(activation)};
    const int each = in.channels / g.groups * g.kernel_h * g.kernel_w;
    const int limit = bits == 8 ? 127 : 7;
    for (int i = 0; i < out.channels * each; ++i) {
      op.weights.push_back(static_cast<int8_t>(Random(-limit, limit)));
    }
    for (int o = 0; o < out.channels; ++o) {
      op.bias.push_back(Random(-40 * limit, 40 * limit));
      op.scale.push_back(Scale(rng_.Uniform(2.0, 5.0) * span / (each * limit)));
    }
    graph_.ops.push_back(std::move(op));
  }

  // q, k, v of `channels` and the attention over them; returns its result.
  int32_t Attention(int32_t input, int32_t channels, int32_t heads,
                    core::AttentionAxis axis) {
    const core::TensorSpec in = graph_.tensors[static_cast<std::size_t>(input)];
    const int32_t qkv =
        Tensor("qkv", 3 * channels, in.height, in.width, core::Type::kS8, 0);
    Conv(input, qkv, {}, 8, {0, -127, 127, core::TableKind::kNone, {}});
    const int32_t out =
        Tensor("mix", channels, in.height, in.width, core::Type::kU8, 128);
    core::AttentionOp op{
        qkv, out, heads, axis,
        {},  {},  {},    {128, 0, 255, core::TableKind::kNone, {}}};
    for (int h = 0; h < heads; ++h) op.logit.push_back(Scale(0.5));
    for (int c = 0; c < channels; ++c) {
      op.bias.push_back(Random(-100000, 100000));
      op.scale.push_back(Scale(2.0 / kProbability));
    }
    graph_.ops.push_back(std::move(op));
    return out;
  }

  void FillExp() {
    for (std::size_t i = 0; i < 256; ++i) {
      const auto entry = [](double x) {
        return static_cast<uint16_t>(std::floor(std::exp(-x) * 32768 + 0.5));
      };
      graph_.exp_tables.coarse[i] = entry(static_cast<double>(i) / 16);
      graph_.exp_tables.fine[i] = entry(static_cast<double>(i) / 4096);
    }
  }

  static constexpr double kProbability = 32767;
  core::IntegerGraph graph_;
  Rng rng_{2024};
};

inline core::IntegerGraph SampleGraph() { return SampleGraphBuilder().Build(); }

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_SAMPLE_GRAPH_H_
