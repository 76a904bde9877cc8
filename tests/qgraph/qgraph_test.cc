#include "src/qgraph/qgraph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Names(const QGraph& map) {
  std::vector<std::string> names;
  for (const Quantizer& quantizer : map.quantizers)
    names.push_back(quantizer.name);
  return names;
}

const Quantizer& Find(const QGraph& map, const std::string& name) {
  for (const Quantizer& quantizer : map.quantizers) {
    if (quantizer.name == name) return quantizer;
  }
  throw std::runtime_error("no quantizer " + name);
}

TensorId TensorNamed(const Graph& graph, const std::string& name) {
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].name == name) return static_cast<TensorId>(t);
  }
  throw std::runtime_error("no tensor " + name);
}

TEST(BuildQGraph, SkipsTheTermsOfASum) {
  const Graph graph = SmallGraph();
  const QGraph map = BuildQGraph(graph);
  EXPECT_THAT(Names(map), ElementsAre("input", "first", "first.silu", "sum",
                                      "sum.silu", "head", "head.silu"));
  EXPECT_TRUE(IsSumTerm(graph, map, TensorNamed(graph, "second")));
  EXPECT_TRUE(IsSumTerm(graph, map, TensorNamed(graph, "skip")));
  EXPECT_FALSE(IsSumTerm(graph, map, TensorNamed(graph, "first")));
}

TEST(BuildQGraph, TellsPreActivationsFromWhatIsStored) {
  const QGraph map = BuildQGraph(SmallGraph());
  EXPECT_EQ(Find(map, "input").role, QuantizerRole::kInput);
  EXPECT_EQ(Find(map, "first").role, QuantizerRole::kPreActivation);
  EXPECT_FALSE(Find(map, "first").is_sum);
  EXPECT_EQ(Find(map, "first.silu").role, QuantizerRole::kStored);
  EXPECT_EQ(Find(map, "sum").role, QuantizerRole::kPreActivation);
  EXPECT_TRUE(Find(map, "sum").is_sum);
}

TEST(BuildQGraph, TheHeadIsSixteenBitsAndSymmetric) {
  const QGraph map = BuildQGraph(SmallGraph());
  for (const Quantizer& quantizer : map.quantizers) {
    const bool head = quantizer.name == "head" || quantizer.name == "head.silu";
    EXPECT_EQ(quantizer.default_bits, head ? 16 : 8) << quantizer.name;
    // The pre-activation only because it has 16 bits.
    EXPECT_EQ(quantizer.symmetric, quantizer.name == "head.silu")
        << quantizer.name;
  }
}

TEST(BuildQGraph, QueryKeyAndValueHaveQuantizersOfTheirOwn) {
  const Model model = FoldedWiflow("half", 1);
  const QGraph map = BuildQGraph(model.graph);
  const std::string qkv = "attention.height_axis.qkv_transform";
  const Quantizer& q = Find(map, qkv + ".q");
  const Quantizer& k = Find(map, qkv + ".k");
  const Quantizer& v = Find(map, qkv + ".v");
  EXPECT_EQ(q.role, QuantizerRole::kQuery);
  EXPECT_EQ(k.role, QuantizerRole::kKey);
  EXPECT_EQ(v.role, QuantizerRole::kValue);
  EXPECT_EQ(q.first_channel, 0);
  EXPECT_EQ(k.first_channel, 32);
  EXPECT_EQ(v.first_channel, 64);
  EXPECT_EQ(q.scales, 4);
  EXPECT_EQ(k.scales, 4);
  EXPECT_EQ(v.scales, 32);
  EXPECT_TRUE(q.symmetric && k.symmetric && v.symmetric);
  const int first =
      map.of_tensor[static_cast<std::size_t>(TensorNamed(model.graph, qkv))];
  EXPECT_EQ(&map.quantizers[static_cast<std::size_t>(first)], &q);
}

TEST(BuildQGraph, ATransposeSharesItsInputsQuantizer) {
  const Model model = FoldedWiflow("half", 1);
  const QGraph map = BuildQGraph(model.graph);
  const auto quantizer_of = [&](const std::string& name) {
    return map
        .of_tensor[static_cast<std::size_t>(TensorNamed(model.graph, name))];
  };
  EXPECT_GE(quantizer_of("tcn.to_image"), 0);
  EXPECT_EQ(quantizer_of("tcn.to_image"),
            quantizer_of("tcn.network.3.silu_sum"));
}

// The TCN's second branch ends in a SiLU that only the sum reads.
TEST(BuildQGraph, ASiluReadByASumAloneHasNoQuantizer) {
  const Model model = FoldedWiflow("half", 1);
  const QGraph map = BuildQGraph(model.graph);
  const TensorId silu = TensorNamed(model.graph, "tcn.network.1.silu2_pw");
  EXPECT_EQ(map.of_tensor[static_cast<std::size_t>(silu)], -1);
  EXPECT_EQ(Find(map, "tcn.network.1.conv2_pw").role,
            QuantizerRole::kPreActivation);
}

class QuantizersOfEveryVariant : public testing::TestWithParam<const char*> {};

TEST_P(QuantizersOfEveryVariant, HasAQuantizerForWhateverAConvolutionReads) {
  const Model model = FoldedWiflow(GetParam(), 2);
  const QGraph map = BuildQGraph(model.graph);
  for (const Node& node : model.graph.nodes) {
    if (!std::holds_alternative<Conv>(node.op)) continue;
    EXPECT_GE(map.of_tensor[static_cast<std::size_t>(node.inputs[0])], 0)
        << node.name;
  }
}
INSTANTIATE_TEST_SUITE_P(BuildQGraph, QuantizersOfEveryVariant,
                         testing::Values("full", "half", "quarter", "tiny"));

TEST(BuildQGraph, RefusesNormsThatWereNotFolded) {
  const Error error =
      ErrorOf([] { BuildQGraph(BuildWiflow(WiflowVariant("tiny"))); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("norms must be folded"));
}

}  // namespace
}  // namespace edge_int8
