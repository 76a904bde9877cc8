#include "src/nets/wiflow_shapes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NamedShapes ShapesOf(const WiflowConfig& config) {
  NamedShapes shapes;
  for (const ParameterSpec& spec : BuildWiflow(config).parameters) {
    shapes.emplace(spec.name, spec.shape);
  }
  return shapes;
}

TEST(WiflowShapes, NameThePublishedVariants) {
  for (const WiflowConfig& variant : WiflowVariants()) {
    const NamedShapes shapes = ShapesOf(variant);
    EXPECT_EQ(InferWiflow(shapes)->name, variant.name);
    EXPECT_THAT(WiflowDifferences(shapes), IsEmpty());
  }
}

WiflowConfig Fork() {
  WiflowConfig config{"fork", {24, 12}, {3, 6, 6}, 3};
  config.input_channels = 64;
  config.up_channels = 5;
  config.decoder_channels = 7;
  config.taps = 2;
  config.groups = {{64, 4, 1, 2, 8}, {3, 1, 12, 1, 2}};
  return config;
}

TEST(WiflowShapes, GiveBackEveryNumberOfAFork) {
  const WiflowConfig fork = Fork();
  const WiflowConfig found = InferWiflow(ShapesOf(fork)).value();
  EXPECT_EQ(found.name, "wiflow");
  EXPECT_EQ(found.tcn_channels, fork.tcn_channels);
  EXPECT_EQ(found.conv_channels, fork.conv_channels);
  EXPECT_EQ(found.attention_groups, 3);
  EXPECT_EQ(found.input_channels, 64);
  EXPECT_EQ(found.up_channels, 5);
  EXPECT_EQ(found.decoder_channels, 7);
  EXPECT_EQ(found.taps, 2);
  EXPECT_EQ(found.groups, fork.groups);
}

TEST(WiflowShapes, SayHowAForkDiffers) {
  NamedShapes shapes = ShapesOf(Fork());
  EXPECT_THAT(WiflowDifferences(shapes),
              ElementsAre("input of 64 channels where 540 are expected",
                          "2 TCN blocks where 4 are expected",
                          "3 residual blocks where 4 are expected"));
  shapes["decoder.3.weight"] = {3, 7, 1, 1};
  EXPECT_THAT(WiflowDifferences(shapes).back(),
              HasSubstr("3 coordinates where 2 are expected"));
  shapes["decoder.3.weight"] = {1, 7, 1, 1};
  EXPECT_THAT(WiflowDifferences(shapes).back(),
              HasSubstr("another head: 1 output channel of"));
}

TEST(WiflowShapes, AreRefusedWhereNoBuilderCanMakeThem) {
  for (const auto& [name, shape] : std::vector<std::pair<std::string, Shape>>{
           {"tcn.network.0.conv1_group.weight", {64, 3, 2}},
           {"tcn.network.0.conv1_pw.weight", {24, 16}},
           {"tcn.network.1.downsample.0.weight", {12, 5, 1}},
           {"up.block.0.weight", {0, 1, 1, 3}},
           {"residual_blocks.2.block.0.weight", {int64_t{1} << 40, 6, 1, 3}},
           {"attention.width_axis.bn_similarity.weight", {4}},
           {"decoder.0.weight", {7, 6, 3}}}) {
    NamedShapes shapes = ShapesOf(Fork());
    shapes[name] = shape;
    EXPECT_FALSE(InferWiflow(shapes).has_value()) << name;
  }
  EXPECT_FALSE(InferWiflow({}).has_value());
}

}  // namespace
}  // namespace edge_int8
