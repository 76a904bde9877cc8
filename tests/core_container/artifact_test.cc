#include "core/container/artifact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "core/container/graph_shapes.h"
#include "core/container/validate.h"
#include "tests/core_container/sample_artifact.h"
#include "tests/testing/random_integer_graph.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::core {
namespace {

void ExpectSame(const IntegerGraph& a, const IntegerGraph& b) {
  ASSERT_EQ(a.ops.size(), b.ops.size());
  for (std::size_t i = 0; i < a.ops.size(); ++i) {
    EXPECT_TRUE(a.ops[i] == b.ops[i]) << "operator " << i;
  }
  EXPECT_TRUE(a.tensors == b.tensors);
  EXPECT_TRUE(a == b);
}

Artifact MustLoad(std::span<const std::byte> bytes) {
  Artifact artifact;
  EXPECT_EQ(LoadArtifact(bytes, &artifact), Result{});
  return artifact;
}

TEST(Artifact, ComesBackAsItWasSaved) {
  const Artifact saved = SampleArtifact();
  const Artifact loaded = MustLoad(SaveArtifact(saved));
  ExpectSame(saved.graph, loaded.graph);
  EXPECT_EQ(saved.provenance, loaded.provenance);
  EXPECT_EQ(saved.golden, loaded.golden);
}

// Over every operator and everything that describes a graph.
TEST(Artifact, OfAnyGraphComesBackAsItWasSaved) {
  for (uint64_t seed = 0; seed < 150; ++seed) {
    SCOPED_TRACE(seed);
    Choices choices(seed);
    Artifact saved = SampleArtifact();
    saved.graph = RandomIntegerGraph(
        choices, {.last = static_cast<OpKind>(seed % kOpKinds),
                  .described = seed % 3 != 0});
    constexpr std::array<uint64_t, 2> kSeeds = {0, 1};
    saved.golden = MakeGolden(saved.graph, kSeeds, RunnerOf(saved.graph));
    const std::vector<std::byte> bytes = SaveArtifact(saved);
    const Artifact loaded = MustLoad(bytes);
    ExpectSame(saved.graph, loaded.graph);
    EXPECT_EQ(saved.golden, loaded.golden);
    EXPECT_EQ(bytes, SaveArtifact(loaded));
    EXPECT_EQ(CheckGolden(loaded, RunnerOf(loaded.graph)), Result{});
  }
}

TEST(Artifact, TheSameArtifactGivesTheSameBytes) {
  const std::vector<std::byte> bytes = SaveArtifact(SampleArtifact());
  EXPECT_EQ(bytes, SaveArtifact(SampleArtifact()));
  EXPECT_EQ(bytes, SaveArtifact(MustLoad(bytes)));
}

TEST(Artifact, LoadsFromAnyAddress) {
  const std::vector<std::byte> bytes = SaveArtifact(SampleArtifact());
  std::vector<std::byte> shifted(bytes.size() + 16);
  for (std::size_t by = 0; by < 16; ++by) {
    std::memcpy(shifted.data() + by, bytes.data(), bytes.size());
    const Artifact loaded =
        MustLoad(std::span(shifted).subspan(by, bytes.size()));
    EXPECT_EQ(loaded.graph.ops.size(), 12u);
  }
}

TEST(Artifact, NeedsNoAttentionNoGoldenVectorsAndNoTexts) {
  Artifact artifact;
  IntegerGraph& g = artifact.graph;
  g.tensors = {{"", 1, 2, 1, Type::kU8, 0}, {"", 1, 1, 1, Type::kS32, 0}};
  g.ops = {PoolOp{0, 1, 1, {}}};
  g.output = 1;
  const std::vector<std::byte> bytes = SaveArtifact(artifact);
  ExpectSame(g, MustLoad(bytes).graph);
  EXPECT_LT(bytes.size(), 400u);
}

TEST(Artifact, OperatorsShareEqualTables) {
  const Artifact one = SampleArtifact();
  Artifact all_different = one;
  int16_t next = 0;
  for (IntegerOp& op : all_different.graph.ops) {
    if (auto* conv = std::get_if<ConvOp>(&op); conv != nullptr) {
      if (conv->activation.table.size() == 256) {
        conv->activation.table[0] =
            static_cast<int16_t>(conv->activation.table[0] + next++);
      }
    }
  }
  ASSERT_EQ(next, 3);  // Two of the three were equal before.
  const std::size_t grown =
      SaveArtifact(all_different).size() - SaveArtifact(one).size();
  EXPECT_GE(grown, 256u);
  EXPECT_LT(grown, 300u);
}

// From one value to the next it is a byte's step, or it isn't.
TEST(Artifact, TablesOfSmallStepsTakeAByteAnEntry) {
  const auto size_with = [](int step) {
    Artifact artifact = SampleArtifact();
    std::size_t entries = 0;
    for (IntegerOp& op : artifact.graph.ops) {
      auto* conv = std::get_if<ConvOp>(&op);
      if (conv == nullptr || conv->activation.table.size() <= 256) continue;
      std::vector<int16_t>& table = conv->activation.table;
      entries += table.size();
      for (std::size_t i = 0; i < table.size(); ++i) {
        table[i] = static_cast<int16_t>(i % 2 == 0 ? -50 : step - 50);
      }
    }
    EXPECT_GT(entries, 0u);
    const std::vector<std::byte> bytes = SaveArtifact(artifact);
    ExpectSame(artifact.graph, MustLoad(bytes).graph);
    return bytes.size();
  };
  EXPECT_EQ(size_with(127), size_with(100));
  EXPECT_GT(size_with(129), size_with(127) + 4000);
}

TEST(Artifact, WeightsOfFewBitsTakeFewBytes) {
  Artifact artifact;
  IntegerGraph& g = artifact.graph;
  g.tensors = {{"", 100, 1, 1, Type::kU8, 0}, {"", 100, 1, 1, Type::kU8, 0}};
  ConvOp conv;
  conv.output = 1;
  conv.weights.assign(10000, -1);
  conv.bias.assign(100, 0);
  conv.scale.assign(100, {1 << 30, 40});
  g.ops = {conv};
  g.output = 1;
  const std::size_t eight = SaveArtifact(artifact).size();
  for (const int bits : {4, 3, 2}) {
    std::get<ConvOp>(g.ops[0]).weight_bits = bits;
    const std::vector<std::byte> bytes = SaveArtifact(artifact);
    const std::size_t saved = 10000 - 1250 * static_cast<std::size_t>(bits);
    EXPECT_GE(eight - bytes.size(), saved - 16);  // weight_bits is stored
    EXPECT_LE(eight - bytes.size(), saved);
    ExpectSame(g, MustLoad(bytes).graph);
  }
}

uint32_t VersionOf(const std::vector<std::byte>& file) {
  return std::to_integer<uint32_t>(file[28]);
}

TEST(Artifact, IsWrittenInTheLowestVersionThatHoldsIt) {
  using Change = std::function<void(IntegerGraph*)>;
  const auto version = [](const Change& change) {
    Artifact artifact = SampleArtifact();
    change(&artifact.graph);
    EXPECT_EQ(ValidateGraph(artifact.graph), Result{});
    artifact.golden.clear();
    return VersionOf(SaveArtifact(artifact));
  };
  EXPECT_EQ(version([](auto*) {}), 1u);
  const auto conv = [](IntegerGraph* g) -> ConvOp& {
    return std::get<ConvOp>(g->ops[0]);
  };
  const std::vector<Change> changes = {
      [](auto* g) { g->tensors[0].zero_point = 3; },
      [](auto* g) { g->tensors[2].scales = {0.5f}; },
      [](auto* g) { g->input_shape = {28}; },
      [](auto* g) {
        g->output_shape = {3, 2};
      },
      [](auto* g) { g->output = 3; },
      [&](auto* g) { conv(g).activation.function = "silu"; },
      [&](auto* g) { conv(g).activation.pre_scale = 0.1f; },
      [](auto* g) { std::get<AddOp>(g->ops[2]).terms[0].negate = true; },
      [](auto* g) {
        g->tensors.push_back({"c", 1, 1, 1, Type::kS8, 0});
        g->ops.push_back(
            ConstantOp{static_cast<int32_t>(g->tensors.size()) - 1, {5}});
      }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(version(changes[i]), 2u) << i;
  }
}

// A file that an earlier build wrote. It must load and compute what it computed
// then; saved again it is one of version 1. (Not the same bytes: tables have
// become smaller since.)
TEST(Artifact, LoadsAFileOfVersion1) {
  const std::filesystem::path path =
      kSourceDir + "/tests/golden/sample_version_1.ei8";
  const std::string text = ReadText(path);
  const Artifact artifact = MustLoad(std::as_bytes(std::span(text)));
  ExpectSame(artifact.graph, SampleGraph());
  EXPECT_EQ(artifact.provenance, SampleArtifact().provenance);
  EXPECT_EQ(artifact.golden.size(), 3u);
  EXPECT_EQ(CheckGolden(artifact, RunnerOf(artifact.graph)), Result{});
  EXPECT_EQ(VersionOf(SaveArtifact(artifact)), 1u);
}

TEST(Artifact, ShapesThatAreNotStoredFollowFromTheTensors) {
  using Shape = std::vector<int32_t>;
  IntegerGraph g = SampleGraph();
  EXPECT_EQ(WindowShape(g), (Shape{4, 7}));
  EXPECT_EQ(ResultShape(g), (Shape{3, 2}));
  g.output = 4;  // [1][7][4]
  EXPECT_EQ(ResultShape(g), (Shape{1, 7, 4}));
  g.input_shape = {28};
  g.output_shape = {2, 14};
  EXPECT_EQ(WindowShape(g), Shape{28});
  EXPECT_EQ(ResultShape(g), (Shape{2, 14}));
}

TEST(Artifact, AFailureLeavesTheOutputAlone) {
  Artifact artifact = SampleArtifact();
  std::vector<std::byte> bytes = SaveArtifact(artifact);
  bytes.pop_back();
  EXPECT_FALSE(LoadArtifact(bytes, &artifact).ok());
  EXPECT_EQ(artifact.graph.name, "sample");
}

}  // namespace
}  // namespace edge_int8::core
