#include "src/qgraph/sites.h"

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

std::vector<std::string> Names(const SiteMap& map) {
  std::vector<std::string> names;
  for (const Site& site : map.sites) names.push_back(site.name);
  return names;
}

const Site& Find(const SiteMap& map, const std::string& name) {
  for (const Site& site : map.sites) {
    if (site.name == name) return site;
  }
  throw std::runtime_error("no site " + name);
}

TensorId TensorNamed(const Graph& graph, const std::string& name) {
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].name == name) return static_cast<TensorId>(t);
  }
  throw std::runtime_error("no tensor " + name);
}

TEST(FindSites, SkipsTheTermsOfASum) {
  const Graph graph = SmallGraph();
  const SiteMap map = FindSites(graph);
  EXPECT_THAT(Names(map), ElementsAre("input", "first", "first.silu", "sum",
                                      "sum.silu", "head", "head.silu"));
  EXPECT_TRUE(IsSumTerm(graph, map, TensorNamed(graph, "second")));
  EXPECT_TRUE(IsSumTerm(graph, map, TensorNamed(graph, "skip")));
  EXPECT_FALSE(IsSumTerm(graph, map, TensorNamed(graph, "first")));
}

TEST(FindSites, TellsPreActivationsFromWhatIsStored) {
  const SiteMap map = FindSites(SmallGraph());
  EXPECT_EQ(Find(map, "input").role, SiteRole::kInput);
  EXPECT_EQ(Find(map, "first").role, SiteRole::kPreActivation);
  EXPECT_FALSE(Find(map, "first").is_sum);
  EXPECT_EQ(Find(map, "first.silu").role, SiteRole::kStored);
  EXPECT_EQ(Find(map, "sum").role, SiteRole::kPreActivation);
  EXPECT_TRUE(Find(map, "sum").is_sum);
}

TEST(FindSites, TheHeadIsSixteenBitsAndSymmetric) {
  const SiteMap map = FindSites(SmallGraph());
  for (const Site& site : map.sites) {
    const bool head = site.name == "head" || site.name == "head.silu";
    EXPECT_EQ(site.default_bits, head ? 16 : 8) << site.name;
    // The pre-activation only because it has 16 bits.
    EXPECT_EQ(site.symmetric, site.name == "head.silu") << site.name;
  }
}

TEST(FindSites, QueryKeyAndValueHaveSitesOfTheirOwn) {
  const Model model = FoldedWiflow("half", 1);
  const SiteMap map = FindSites(model.graph);
  const std::string qkv = "attention.height_axis.qkv_transform";
  const Site& q = Find(map, qkv + ".q");
  const Site& k = Find(map, qkv + ".k");
  const Site& v = Find(map, qkv + ".v");
  EXPECT_EQ(q.role, SiteRole::kQuery);
  EXPECT_EQ(k.role, SiteRole::kKey);
  EXPECT_EQ(v.role, SiteRole::kValue);
  EXPECT_EQ(q.first_channel, 0);
  EXPECT_EQ(k.first_channel, 32);
  EXPECT_EQ(v.first_channel, 64);
  EXPECT_EQ(q.scales, 4);
  EXPECT_EQ(k.scales, 4);
  EXPECT_EQ(v.scales, 32);
  EXPECT_TRUE(q.symmetric && k.symmetric && v.symmetric);
  const int first =
      map.of_tensor[static_cast<std::size_t>(TensorNamed(model.graph, qkv))];
  EXPECT_EQ(&map.sites[static_cast<std::size_t>(first)], &q);
}

TEST(FindSites, ATransposeSharesItsInputsSite) {
  const Model model = FoldedWiflow("half", 1);
  const SiteMap map = FindSites(model.graph);
  const auto site_of = [&](const std::string& name) {
    return map
        .of_tensor[static_cast<std::size_t>(TensorNamed(model.graph, name))];
  };
  EXPECT_GE(site_of("tcn.to_image"), 0);
  EXPECT_EQ(site_of("tcn.to_image"), site_of("tcn.network.3.silu_sum"));
}

// The TCN's second branch ends in a SiLU that only the sum reads.
TEST(FindSites, ASiluReadByASumAloneHasNoSite) {
  const Model model = FoldedWiflow("half", 1);
  const SiteMap map = FindSites(model.graph);
  const TensorId silu = TensorNamed(model.graph, "tcn.network.1.silu2_pw");
  EXPECT_EQ(map.of_tensor[static_cast<std::size_t>(silu)], -1);
  EXPECT_EQ(Find(map, "tcn.network.1.conv2_pw").role, SiteRole::kPreActivation);
}

class SitesOfEveryVariant : public testing::TestWithParam<const char*> {};

TEST_P(SitesOfEveryVariant, HasASiteForWhateverAConvolutionReads) {
  const Model model = FoldedWiflow(GetParam(), 2);
  const SiteMap map = FindSites(model.graph);
  for (const Node& node : model.graph.nodes) {
    if (!std::holds_alternative<Conv>(node.op)) continue;
    EXPECT_GE(map.of_tensor[static_cast<std::size_t>(node.inputs[0])], 0)
        << node.name;
  }
}
INSTANTIATE_TEST_SUITE_P(FindSites, SitesOfEveryVariant,
                         testing::Values("full", "half", "quarter", "tiny"));

TEST(FindSites, RefusesNormsThatWereNotFolded) {
  const Error error =
      ErrorOf([] { FindSites(BuildWiflow(WiflowVariant("tiny"))); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("norms must be folded"));
}

TEST(FindSites, RefusesASiluOfWhatIsStored) {
  GraphBuilder graph("twice", {2, 1, 4});
  TensorId x = graph.AppendConv("conv", {.out_channels = 2}, 0, true, true);
  x = graph.Append("silu", Silu(), {x});
  x = graph.Append("again", Silu(), {x});
  const Graph finished = graph.Finish(x);
  const Error error = ErrorOf([&] { FindSites(finished); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("node again"));
}

}  // namespace
}  // namespace edge_int8
