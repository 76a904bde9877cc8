// What can be said of a .tflite without an interpreter; values are judged by
// LiteRT and TFLite Micro in tests/peers.
#include "src/export/tflite/tflite_model.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/export/export_models.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

TfliteModel ExportTflite(const core::IntegerGraph& graph, bool split = false) {
  TfliteOptions options;
  options.split_groups = split;
  return MakeTfliteModel(graph, FindRealScales(graph), options);
}

TEST(TfliteModel, IsATfliteFileAndTheSameOneEveryTime) {
  const core::IntegerGraph graph = LoweredVariant("tiny", 8).graph;
  const TfliteModel model = ExportTflite(graph);
  EXPECT_EQ(model.bytes.substr(4, 4), "TFL3");
  EXPECT_EQ(model.bytes, ExportTflite(graph).bytes);
  EXPECT_GT(model.operators, 100);
}

// A pointwise convolution's weights lie as the engine's do.
TEST(TfliteModel, HoldsTheArtifactsWeights) {
  const core::IntegerGraph graph = LoweredVariant("tiny", 8).graph;
  const std::string bytes = ExportTflite(graph).bytes;
  int seen = 0;
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<core::ConvOp>(&any);
    if (op == nullptr || op->geometry.kernel_h * op->geometry.kernel_w != 1 ||
        op->weights.size() < 64 ||
        graph.tensors[static_cast<std::size_t>(op->output)].type ==
            core::Type::kS8) {
      continue;
    }
    const std::string weights(reinterpret_cast<const char*>(op->weights.data()),
                              op->weights.size());
    EXPECT_NE(bytes.find(weights), std::string::npos);
    ++seen;
  }
  EXPECT_GT(seen, 8);
}

// 3 groups become a SPLIT, 3 convolutions and a CONCATENATION.
TEST(TfliteModel, SplitsGroupsOnRequest) {
  GraphBuilder builder("groups", {6, 1, 9});
  TensorId x = builder.AppendConv(
      "c", {.out_channels = 6, .kernel_w = 3, .pad_left = 2, .groups = 3}, 0,
      true, true);
  x = builder.AppendRowPool("pool", 1, x);
  const Model folded = FoldedModel(builder.Finish(x), 1);
  const core::IntegerGraph graph = Lower(folded, PlanWithBits(folded, {}));
  EXPECT_EQ(ExportTflite(graph, true).operators,
            ExportTflite(graph).operators + 4);
}

// Four combinations of bits and widths translate; none may throw.
TEST(TfliteModel, TakesEveryPatternLoweringMakes) {
  for (Graph (*const make)() : {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    const Model folded = FoldedModel(make(), 2);
    for (const PlanBits& bits :
         {PlanBits{}, PlanBits{4, 12, 0}, PlanBits{8, 16, 16}}) {
      const core::IntegerGraph graph =
          Lower(folded, PlanWithBits(folded, bits));
      EXPECT_GT(ExportTflite(graph).operators, 5);
    }
  }
}

TEST(TfliteModel, RefusesWhatItHasNoOperatorForByName) {
  core::IntegerGraph graph = LoweredVariant("tiny", 8).graph;
  const RealScales scales = FindRealScales(graph);
  std::string name;
  for (core::IntegerOp& any : graph.ops) {
    auto* op = std::get_if<core::ConvOp>(&any);
    if (op == nullptr) continue;
    const auto& out = graph.tensors[static_cast<std::size_t>(op->output)];
    if (out.type != core::Type::kS8) continue;
    op->geometry.groups = 2;
    name = out.name;
    break;
  }
  const Error error = ErrorOf([&] { MakeTfliteModel(graph, scales, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_NE(std::string(error.what()).find(name), std::string::npos);
}

}  // namespace
}  // namespace edge_int8
