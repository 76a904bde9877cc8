// Small networks that together hold every pattern lowering knows, with norms
// and all; and plans for them.
#ifndef EDGE_INT8_TESTS_TESTING_OPERATOR_GRAPHS_H_
#define EDGE_INT8_TESTS_TESTING_OPERATOR_GRAPHS_H_

#include <functional>
#include <string>

#include "src/graph/fold_norms.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {

// Causal blocks of equal widths: the first adds the network's own input, the
// second what the first stored. The second's sum is stored without a SiLU and
// added once more. The head has no SiLU either.
inline Graph EqualWidthsGraph() {
  GraphBuilder graph("equal_widths", {6, 1, 9});
  const auto half = [&](const std::string& name, int groups, TensorId x) {
    x = graph.AppendConv(name,
                         {.out_channels = 6,
                          .kernel_w = 3,
                          .dilation_w = 2,
                          .pad_left = 4,
                          .groups = groups},
                         x, false, true);
    return graph.Append(name + ".silu", Silu(),
                        {graph.AppendBatchNorm(name + ".bn", x)});
  };
  TensorId x = half("a2", 1, half("a1", 6, 0));
  x = graph.Append("a.sum", Add{}, {x, 0});
  const TensorId a = graph.Append("a.silu", Silu(), {x});
  x = half("b2", 2, half("b1", 6, a));
  const TensorId b = graph.Append("b.sum", Add{}, {x, a});
  x = graph.AppendConv("c", {.out_channels = 6}, b, true, true);
  x = graph.Append("c.sum", Add{}, {b, x});
  x = graph.AppendConv("head", {.out_channels = 2}, x, true, true);
  x = graph.AppendRowPool("pool", 1, x);
  return graph.Finish(graph.Append("pose", Transpose{{1, 0, 2}}, {x}));
}

// Attention as in wiflow.cc, with all three norms.
inline TensorId AppendAttention(GraphBuilder& graph, const std::string& name,
                                int heads, Axis axis, TensorId x) {
  const int channels = graph.extent(x).channels;
  TensorId qkv = graph.AppendConv(name + ".qkv", {.out_channels = 3 * channels},
                                  x, false, true);
  qkv = graph.AppendBatchNorm(name + ".bn_qkv", qkv);
  x = graph.Append(name + ".scores", AttentionScores{heads, axis}, {qkv});
  x = graph.AppendBatchNorm(name + ".bn_similarity", x);
  x = graph.Append(name + ".softmax", Softmax{}, {x});
  x = graph.Append(name + ".mix", AttentionMix{heads, axis, ""}, {x, qkv});
  return graph.AppendBatchNorm(name + ".bn_output", x);
}

// A strided convolution without a SiLU, attention along both axes, a residual
// around the second, and a pool of bins of 2, 3 and 2 rows.
inline Graph AttentionGraph() {
  GraphBuilder graph("attention", {2, 5, 9});
  TensorId x = graph.AppendConv("stem",
                                {.out_channels = 4,
                                 .kernel_h = 3,
                                 .kernel_w = 3,
                                 .stride_w = 2,
                                 .pad_top = 1,
                                 .pad_bottom = 1,
                                 .pad_left = 1,
                                 .pad_right = 1},
                                0, true, false);
  x = AppendAttention(graph, "width", 2, Axis::kWidth, x);
  const TensorId y = AppendAttention(graph, "height", 4, Axis::kHeight, x);
  x = graph.Append("sum", Add{}, {x, y});
  x = graph.Append("sum.silu", Silu(), {x});
  x = graph.AppendConv("head", {.out_channels = 2}, x, true, false);
  x = graph.Append("head.silu", Silu(), {x});
  x = graph.AppendRowPool("pool", 3, x);
  return graph.Finish(graph.Append("pose", Transpose{{1, 0, 2}}, {x}));
}

inline Graph TinyGraph() { return BuildWiflow(WiflowVariant("tiny")); }

// Bits of a plan; 0 keeps what a quantizer asks for.
struct PlanBits {
  int weights = 8;
  int pre = 0;     // pre-activations; sums get 12 where 16 is asked
  int stored = 0;  // stored activations that no sum writes
};

inline Plan PlanWithBits(const Model& folded, const PlanBits& bits,
                         const WindowSource& windows,
                         double input_factor = 255) {
  const QGraph map = BuildQGraph(folded.graph);
  PtqOptions options;
  options.weight_bits = bits.weights;
  for (const Quantizer& quantizer : map.quantizers) {
    if (quantizer.role == QuantizerRole::kPreActivation && bits.pre != 0) {
      options.quantizer_bits_of[quantizer.name] =
          quantizer.is_sum && bits.pre == 16 ? 12 : bits.pre;
    }
    const bool plain =
        quantizer.role == QuantizerRole::kStored && !quantizer.is_sum;
    if (plain && bits.stored != 0) {
      options.quantizer_bits_of[quantizer.name] = bits.stored;
    }
  }
  return MakePtqPlan(folded, map,
                     Calibrate(folded, map, windows,
                               {.windows = windows.size(),
                                .input = InputQparams(input_factor)}),
                     options);
}
inline Plan PlanWithBits(const Model& folded, const PlanBits& bits,
                         double input_factor = 255) {
  return PlanWithBits(folded, bits, RandomWindows(24, 11), input_factor);
}

inline Model FoldedModel(Graph graph, uint64_t seed) {
  return FoldBatchNorms(RandomModel(std::move(graph), seed));
}

// Bytes of calibration's kind, and one window of noise over the whole range.
inline std::vector<std::vector<uint8_t>> ByteWindows(const Graph& graph,
                                                     double factor = 255) {
  const auto size = static_cast<std::size_t>(graph.extent(0).size());
  const RandomWindows source(3, 77);
  std::vector<std::vector<uint8_t>> windows;
  std::vector<float> values(size);
  for (int64_t i = 0; i < source.size(); ++i) {
    source.Read(i, values);
    windows.emplace_back();
    for (const float x : values) {
      windows.back().push_back(
          static_cast<uint8_t>(std::min(255.0, std::floor(x * factor + 0.5))));
    }
  }
  Rng rng(5);
  windows.emplace_back();
  for (std::size_t n = 0; n < size; ++n) {
    windows.back().push_back(static_cast<uint8_t>(rng.Below(256)));
  }
  return windows;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_OPERATOR_GRAPHS_H_
