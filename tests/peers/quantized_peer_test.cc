// The quantized exports in ONNX Runtime, LiteRT and TFLite Micro, against the
// scalar reference. Other runtimes round in other places, so what is asked is
// how far their poses are from the engine's: by signal to noise on networks of
// random weights, which magnify rounding, and by operator on small ones. Skips
// where PyPI can't be reached.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/arith/boundary.h"
#include "src/export/onnx/onnx_qdq.h"
#include "src/export/tflite/tflite_model.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/reference_output.h"
#include "tests/export/export_models.h"
#include "tests/peers/peers.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

// Windows and the poses the engine gives for them.
struct Asked {
  Shape shape;
  std::vector<float> windows;
  std::vector<float> poses;
};

Asked Ask(const core::IntegerGraph& graph, int count) {
  Asked asked;
  const core::TensorSpec& in = graph.tensors[0];
  const auto size = static_cast<std::size_t>(in.size());
  asked.shape = in.height == 1 ? Shape{count, in.channels, in.width}
                               : Shape{count, in.channels, in.height, in.width};
  const RandomWindows source(count, 21);
  std::vector<float> window(size);
  for (int n = 0; n < count; ++n) {
    source.Read(n, window);
    std::vector<uint8_t> bytes;
    for (const float x : window) {
      bytes.push_back(core::QuantizeInput(x, graph.input_factor));
    }
    asked.windows.insert(asked.windows.end(), window.begin(), window.end());
    for (const int32_t y : ReferenceOutput(graph, bytes)) {
      asked.poses.push_back(core::DequantizeOutput(y, graph.output_scale));
    }
  }
  return asked;
}

double Decibels(const std::vector<float>& got,
                const std::vector<float>& wanted) {
  EXPECT_EQ(got.size(), wanted.size());
  if (got.size() != wanted.size()) return 0;
  double signal = 0;
  double noise = 1e-30;
  for (std::size_t n = 0; n < got.size(); ++n) {
    signal += std::pow(wanted[n], 2);
    noise += std::pow(static_cast<double>(got[n]) - wanted[n], 2);
  }
  return 10 * std::log10(signal / noise);
}

// A network whose every convolution is causal with dilation 8: grouped,
// depthwise and pointwise, around a residual.
Graph DilatedGraph() {
  GraphBuilder graph("dilated", {8, 1, 20});
  const auto causal = [&](const std::string& name, int groups, TensorId x) {
    x = graph.AppendConv(name,
                         {.out_channels = 8,
                          .kernel_w = 3,
                          .dilation_w = 8,
                          .pad_left = 16,
                          .groups = groups},
                         x, true, true);
    return graph.Append(name + ".silu", Silu(), {x});
  };
  TensorId x = causal("depthwise", 8, causal("grouped", 4, 0));
  x = graph.AppendConv("pointwise", {.out_channels = 8}, x, true, true);
  x = graph.Append("sum", Add{}, {x, 0});
  x = graph.Append("sum.silu", Silu(), {x});
  // Each frame is a row of the pool, so that a shift in time is seen.
  x = graph.Append("rows", Transpose{{0, 2, 1}}, {x});
  x = graph.AppendConv("head", {.out_channels = 2}, x, true, false);
  return graph.Finish(graph.AppendRowPool("pool", 20, x));
}

core::IntegerGraph Lowered(Graph graph) {
  const Model folded = FoldedModel(std::move(graph), 4);
  return Lower(folded, PlanWithBits(folded, {}));
}

void ExpectTflite(const std::string& python, const core::IntegerGraph& graph,
                  int count, double least_db, const std::string& runtime,
                  bool split_groups = false) {
  const Asked asked = Ask(graph, count);
  TfliteOptions options;
  options.split_groups = split_groups;
  const std::string bytes =
      MakeTfliteModel(graph, FindRealScales(graph), options).bytes;
  const double db =
      Decibels(PeerPoses(python, "run_tflite.py", bytes, asked.shape,
                         asked.windows, "--runtime " + runtime),
               asked.poses);
  EXPECT_GT(db, least_db) << graph.name << " in " << runtime;
  testing::Test::RecordProperty(graph.name + "_" + runtime,
                                fmt::format("{:.1f}", db));
}

TEST(OnnxQdqPeer, OnnxRuntimeFollowsTheEngine) {
  EDGE_INT8_NEED_PEERS(python);
  for (const core::IntegerGraph& graph :
       {LoweredVariant("half", 8).graph, LoweredVariant("tiny", 4).graph,
        Lowered(AttentionGraph()), Lowered(EqualWidthsGraph()),
        Lowered(DilatedGraph())}) {
    const Asked asked = Ask(graph, 4);
    const std::string bytes = OnnxQdqModel(graph, FindRealScales(graph), "");
    const double db =
        Decibels(PeerPoses(python, "run_onnx.py", bytes, asked.shape,
                           asked.windows, "--exact-int8"),
                 asked.poses);
    EXPECT_GT(db, graph.name == "half" ? 22 : 30) << graph.name;
    RecordProperty(graph.name, fmt::format("{:.1f}", db));
  }
}

TEST(TflitePeer, LiteRtFollowsTheEngine) {
  EDGE_INT8_NEED_PEERS(python);
  ExpectTflite(python, LoweredVariant("half", 8).graph, 4, 25, "litert");
  ExpectTflite(python, LoweredVariant("tiny", 4).graph, 4, 25, "litert");
}

TEST(TflitePeer, CausalPaddingHoldsAtDilationEight) {
  EDGE_INT8_NEED_PEERS(python);
  for (const bool split : {false, true}) {
    ExpectTflite(python, Lowered(DilatedGraph()), 4, 35, "litert", split);
  }
}

// Unequal pooling bins, both attention axes, strides with pads that are not
// TFLite's SAME, identities in sums.
TEST(TflitePeer, PatternsNoVariantHasFollowTheEngine) {
  EDGE_INT8_NEED_PEERS(python);
  ExpectTflite(python, Lowered(AttentionGraph()), 4, 30, "litert-reference");
  ExpectTflite(python, Lowered(EqualWidthsGraph()), 4, 30, "litert-reference");
}

TEST(TflitePeer, TfliteMicroRunsTheSameFile) {
  EDGE_INT8_NEED_PEERS(python);
  if (!HavePeer(python, "tflite_micro")) {
    GTEST_SKIP() << "PyPI has no tflite-micro for this Python";
  }
  ExpectTflite(python, LoweredVariant("half", 8).graph, 2, 25, "tflm");
  ExpectTflite(python, LoweredVariant("tiny", 8).graph, 2, 25, "tflm");
  ExpectTflite(python, Lowered(DilatedGraph()), 2, 35, "tflm", true);
}

}  // namespace
}  // namespace edge_int8
