// The rules on small graphs; fx_simulation_test.cc holds the whole placement to
// prepare_fx's observers.
#include "src/study/fx/fx_placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/study/fx/fx_fuse.h"
#include "tests/testing/operator_graphs.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

std::vector<std::string> Names(const FxPlacement& place) {
  std::vector<std::string> names;
  for (const FxGrid& grid : place.grids) {
    names.push_back(grid.name + ":" + std::string(BoundaryName(grid.boundary)));
  }
  return names;
}

const FxGrid& Named(const FxPlacement& place, const std::string& name) {
  return *std::ranges::find(place.grids, name, &FxGrid::name);
}

TEST(PlaceAsFx, RoundsConvolutionsSumsAndWhatTheyRead) {
  const FxPlacement place = PlaceAsFx(SmallGraph());
  EXPECT_THAT(Names(place),
              ElementsAre("input:input", "first:cut", "first.cut:cut",
                          "first.silu:stored", "second:residual",
                          "skip:residual", "sum:residual", "sum.silu:stored",
                          "head:head", "head.silu:head"));
}

// One grid less: a causal convolution that needs no cut.
TEST(PlaceAsFx, WithoutCutsThereIsOneRoundingBeforeASilu) {
  const FxPlacement place = PlaceAsFx(SmallGraph(), false);
  EXPECT_EQ(Names(place)[1], "first:pre-activation");
  EXPECT_EQ(place.grids.size(), 9u);
  EXPECT_FALSE(place.grids[1].sights[0].with_tail);
}

TEST(PlaceAsFx, OnlyTheFirstGridOfACutSeesTheTail) {
  const FxPlacement place = PlaceAsFx(SmallGraph());
  EXPECT_TRUE(Named(place, "first").sights[0].with_tail);
  EXPECT_FALSE(Named(place, "first.cut").sights[0].with_tail);
}

// Query, key and value are split off and rounded again; scores are an image to
// their norm, and what comes out of attention is reshaped.
TEST(PlaceAsFx, RoundsAttentionEightTimes) {
  const FxPlacement place =
      PlaceAsFx(FuseAsFx(RandomModel(AttentionGraph(), 1)).graph);
  std::vector<std::string> names = Names(place);
  const auto begin = std::ranges::find(names, "width.qkv:attention");
  ASSERT_NE(begin, names.end());
  EXPECT_THAT(
      std::vector(begin, begin + 8),
      ElementsAre("width.qkv:attention", "width.qkv.q:attention",
                  "width.qkv.k:attention", "width.qkv.v:attention",
                  "width.scores:attention", "width.bn_similarity:attention",
                  "width.mix:attention", "width.bn_output:stored"));
  const FxGrid& key = Named(place, "width.qkv.k");
  EXPECT_EQ(key.sights[0].first_channel, 4);
  EXPECT_EQ(key.sights[0].channels, 4);
}

// The pool's observer is the one of what it reads: it sees the values once,
// then their means thrice (pool, squeeze, transpose).
TEST(PlaceAsFx, ThePoolSharesTheGridOfItsInput) {
  const Graph graph = SmallGraph();
  const FxPlacement place = PlaceAsFx(graph);
  const FxGrid& head = Named(place, "head.silu");
  ASSERT_EQ(head.sights.size(), 2u);
  EXPECT_EQ(head.sights[0].times, 1);
  EXPECT_EQ(head.sights[1].times, 3);
  EXPECT_EQ(place.stored[static_cast<std::size_t>(graph.output)],
            static_cast<int>(&head - place.grids.data()));
}

// A skip without a convolution is stored for the convolution that reads it too.
TEST(PlaceAsFx, AnIdentitySkipIsRoundedOnce) {
  const FxPlacement place =
      PlaceAsFx(FuseAsFx(RandomModel(EqualWidthsGraph(), 1)).graph);
  EXPECT_EQ(Named(place, "a.silu").boundary, FxBoundary::kStored);
  EXPECT_EQ(std::ranges::count(place.grids, "a.silu", &FxGrid::name), 1);
}

}  // namespace
}  // namespace edge_int8
