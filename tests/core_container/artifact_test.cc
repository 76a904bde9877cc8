#include "core/container/artifact.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/container/validate.h"
#include "tests/core_container/sample_artifact.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8::core {
namespace {

void ExpectSame(const Activation& a, const Activation& b) {
  EXPECT_EQ(a.zero, b.zero);
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.table, b.table);
}

void ExpectSame(const ConvOp& a, const ConvOp& b) {
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.geometry, b.geometry);
  EXPECT_EQ(a.weight_bits, b.weight_bits);
  EXPECT_EQ(a.weights, b.weights);
  EXPECT_EQ(a.bias, b.bias);
  EXPECT_EQ(a.scale, b.scale);
  ExpectSame(a.activation, b.activation);
}

void ExpectSame(const AddOp& a, const AddOp& b) {
  ASSERT_EQ(a.terms.size(), b.terms.size());
  for (std::size_t i = 0; i < a.terms.size(); ++i) {
    EXPECT_EQ(a.terms[i].tensor, b.terms[i].tensor);
    EXPECT_EQ(a.terms[i].rescale, b.terms[i].rescale);
    EXPECT_EQ(a.terms[i].scale, b.terms[i].scale);
  }
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.fraction_bits, b.fraction_bits);
  ExpectSame(a.activation, b.activation);
}

void ExpectSame(const AttentionOp& a, const AttentionOp& b) {
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.axis, b.axis);
  EXPECT_EQ(a.logit, b.logit);
  EXPECT_EQ(a.bias, b.bias);
  EXPECT_EQ(a.scale, b.scale);
  ExpectSame(a.activation, b.activation);
}

void ExpectSame(const PoolOp& a, const PoolOp& b) {
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.bins, b.bins);
  EXPECT_EQ(a.bin_scale, b.bin_scale);
}

void ExpectSame(const TransposeOp& a, const TransposeOp& b) {
  EXPECT_EQ(a.input, b.input);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.order, b.order);
}

void ExpectSame(const IntegerGraph& a, const IntegerGraph& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.output, b.output);
  EXPECT_EQ(a.input_factor, b.input_factor);
  EXPECT_EQ(a.output_scale, b.output_scale);
  EXPECT_EQ(a.exp_tables.coarse, b.exp_tables.coarse);
  EXPECT_EQ(a.exp_tables.fine, b.exp_tables.fine);
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    const TensorSpec &s = a.tensors[i], &t = b.tensors[i];
    EXPECT_EQ(s.name, t.name);
    EXPECT_EQ(s.channels, t.channels);
    EXPECT_EQ(s.height, t.height);
    EXPECT_EQ(s.width, t.width);
    EXPECT_EQ(s.type, t.type);
    EXPECT_EQ(s.zero_point, t.zero_point);
  }
  ASSERT_EQ(a.ops.size(), b.ops.size());
  for (std::size_t i = 0; i < a.ops.size(); ++i) {
    SCOPED_TRACE(i);
    ASSERT_EQ(a.ops[i].index(), b.ops[i].index());
    std::visit(
        [&]<class T>(const T& op) { ExpectSame(op, std::get<T>(b.ops[i])); },
        a.ops[i]);
  }
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

TEST(Artifact, FourBitWeightsTakeHalfTheBytes) {
  Artifact artifact;
  IntegerGraph& g = artifact.graph;
  g.tensors = {{"", 100, 1, 1, Type::kU8, 0},
               {"", 100, 1, 1, Type::kU8, 0},
               {"", 100, 1, 1, Type::kS32, 0}};
  ConvOp conv;
  conv.output = 1;
  conv.weights.assign(10000, -7);
  conv.bias.assign(100, 0);
  conv.scale.assign(100, {1 << 30, 40});
  g.ops = {conv, PoolOp{1, 2, 1, {}}};
  g.output = 2;
  const std::size_t eight = SaveArtifact(artifact).size();
  std::get<ConvOp>(g.ops[0]).weight_bits = 4;
  const std::vector<std::byte> bytes = SaveArtifact(artifact);
  EXPECT_GE(eight - bytes.size(), 5000u - 16);  // weight_bits = 4 is stored
  EXPECT_LE(eight - bytes.size(), 5000u);
  ExpectSame(g, MustLoad(bytes).graph);
}

// A file that an earlier build wrote. It must load for as long as the format's
// version is 1, and compute what it computed then.
TEST(Artifact, LoadsAFileOfVersion1) {
  const std::filesystem::path path =
      kSourceDir + "/tests/golden/sample_version_1.ei8";
  const std::string text = ReadText(path);
  const Artifact artifact = MustLoad(std::as_bytes(std::span(text)));
  ExpectSame(artifact.graph, SampleGraph());
  EXPECT_EQ(artifact.provenance, SampleArtifact().provenance);
  EXPECT_EQ(artifact.golden.size(), 3u);
  EXPECT_EQ(CheckGolden(artifact, RunnerOf(artifact.graph)), Result{});
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
