// The same model three ways: in float32, by the scalar reference and by the
// engine with every instruction set. The two integer ones agree in every bit;
// float is near.
//
// How near says little of a random network, which magnifies the rounding of its
// weights as no trained one does; so each operator of whole variants is also
// held to real arithmetic by itself (tests/testing/operator_check.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "core/arith/boundary.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/formats/npy.h"
#include "src/graph/float_executor.h"
#include "src/nets/checkpoint.h"
#include "src/pose/npy_windows.h"
#include "src/pose/upstream_shape.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/reference_output.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/operator_check.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

// The reference's output, which every instruction set must give.
std::vector<int32_t> AgreedOutput(const core::IntegerGraph& graph,
                                  std::span<const uint8_t> input) {
  std::vector<int32_t> reference = ReferenceOutput(graph, input);
  for (const core::Isa isa : core::AvailableIsas()) {
    std::unique_ptr<core::Engine> engine;
    EXPECT_EQ(core::Engine::Create(graph, {isa}, &engine), core::Status::kOk);
    const core::AlignedBuffer arena(engine->arena_bytes());
    std::vector<int32_t> output(engine->output_size());
    engine->Run(input.data(), output.data(), arena.data());
    EXPECT_EQ(output, reference) << core::IsaName(isa);
  }
  return reference;
}

// Decibels of `real`, the outputs in float for windows [n][values], over the
// integers' distance from it.
double SignalToNoise(std::span<const float> real,
                     const core::IntegerGraph& graph,
                     std::span<const float> windows) {
  const auto size = static_cast<std::size_t>(graph.tensors[0].size());
  double signal = 0;
  double noise = 0;
  std::size_t next = 0;
  for (std::size_t at = 0; at < windows.size(); at += size) {
    std::vector<uint8_t> bytes;
    for (const float x : windows.subspan(at, size)) {
      bytes.push_back(core::QuantizeInput(x, graph.input_factor));
    }
    for (const int32_t y : AgreedOutput(graph, bytes)) {
      const float integer = core::DequantizeOutput(y, graph.output_scale);
      signal += std::pow(real[next], 2);
      noise += std::pow(real[next] - integer, 2);
      ++next;
    }
  }
  EXPECT_EQ(next, real.size());
  return 10 * std::log10(signal / noise);
}

std::vector<float> FloatOutputs(const Model& model,
                                std::span<const float> windows) {
  const Graph& graph = model.graph;
  const int64_t count =
      static_cast<int64_t>(windows.size()) / graph.extent(0).size();
  std::vector<float> outputs(
      static_cast<std::size_t>(count * graph.extent(graph.output).size()));
  const FloatExecutor executor(model);
  executor.Run(windows, static_cast<int>(count), outputs,
               *executor.MakeWorkspace());
  return outputs;
}

struct ParityCase {
  std::string variant;
  std::string name;
  PlanBits bits;
  double least_db = 0;
};
std::ostream& operator<<(std::ostream& out, const ParityCase& c) {
  return out << c.variant << "_" << c.name;
}

class RandomVariant : public testing::TestWithParam<ParityCase> {};

TEST_P(RandomVariant, EngineEqualsReferenceAndIsNearFloat) {
  const Model folded = FoldedWiflow(GetParam().variant, 1);
  const Plan plan = PlanWithBits(folded, GetParam().bits);
  std::vector<float> windows(std::size_t{2} * kWindowValues);
  const RandomWindows source(2, 31);
  source.Read(0, std::span(windows).first(kWindowValues));
  source.Read(1, std::span(windows).last(kWindowValues));
  const double db = SignalToNoise(FloatOutputs(folded, windows),
                                  Lower(folded, plan), windows);
  RecordProperty("decibels", fmt::format("{:.1f}", db));
  EXPECT_GT(db, GetParam().least_db);

  OperatorCheck check(folded, plan);
  check.Run(ByteWindows(folded.graph)[0]);
  EXPECT_GT(check.InsideShare(), 0.8);
}

INSTANTIATE_TEST_SUITE_P(
    Parity, RandomVariant,
    testing::Values(ParityCase{"full", "w8", {}, 25},
                    ParityCase{"half", "w8", {}, 25},
                    ParityCase{"quarter", "w8", {}, 35},
                    ParityCase{"tiny", "w8", {}, 30},
                    ParityCase{"half", "w8_16", {8, 16, 16}, 33},
                    ParityCase{"quarter", "w8_12", {8, 12, 0}, 35},
                    ParityCase{"tiny", "w8_16", {8, 16, 16}, 33},
                    ParityCase{"tiny", "w4", {4, 0, 0}, 12}),
    [](const testing::TestParamInfo<ParityCase>& info) {
      return fmt::format("{}_{}", info.param.variant, info.param.name);
    });

// Kinds of graph that no variant has.
TEST(Parity, OtherNetworksAgreeInEveryBit) {
  for (Graph (*const graph)() :
       {SmallGraph, EqualWidthsGraph, AttentionGraph}) {
    const Model folded = FoldedModel(graph(), 2);
    for (const PlanBits& bits :
         {PlanBits{}, PlanBits{4, 12, 0}, PlanBits{8, 16, 16}}) {
      const core::IntegerGraph lowered =
          Lower(folded, PlanWithBits(folded, bits));
      for (const auto& window : ByteWindows(folded.graph)) {
        AgreedOutput(lowered, window);
      }
    }
  }
}

// From PyTorch's file to integers, against PyTorch's own outputs.
TEST(ParityFixtures, IntegersAreNearPyTorch) {
  EDGE_INT8_NEED_FIXTURES();
  for (const std::string variant : {"full", "half", "quarter", "tiny"}) {
    const auto models = Fixtures() / "models";
    const Model folded =
        FoldBatchNorms(LoadCheckpoint(models / (variant + "_random.pth")));
    const auto input = models / (variant + "_input.npy");
    const QGraph qgraph = BuildQGraph(folded.graph);
    const CalibrationStats stats =
        Calibrate(folded, qgraph, NpyWindows(input, Subset::kFull));
    const core::IntegerGraph graph =
        Lower(folded, MakePtqPlan(folded, qgraph, stats));
    const double db =
        SignalToNoise(ReadNpyTensor(models / (variant + "_output.npy")).data,
                      graph, ReadNpyTensor(input).data);
    RecordProperty(variant, fmt::format("{:.1f}", db));
    EXPECT_GT(db, 25) << variant;
  }
}

}  // namespace
}  // namespace edge_int8
