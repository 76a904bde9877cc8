#include "src/quantize/reconstruct/equalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/graph/batch_nodes.h"
#include "src/quantize/calibrate/calibration.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct Seen {
  std::vector<float> output;
  std::vector<std::vector<float>> range;  // [tensor][channel]
};

Seen RunAll(const Model& model, const WindowSource& source) {
  Seen seen;
  seen.range.resize(model.graph.tensors.size());
  for (int64_t w = 0; w < source.size(); ++w) {
    std::vector<float> window(
        static_cast<std::size_t>(model.graph.extent(0).size()));
    source.Read(w, window);
    RunBatch(model, window, 1, [&](TensorId id, std::span<float> values) {
      const auto t = static_cast<std::size_t>(id);
      const auto channels =
          static_cast<std::size_t>(model.graph.extent(id).channels);
      seen.range[t].resize(channels);
      for (std::size_t n = 0; n < values.size(); ++n) {
        float& most = seen.range[t][n / (values.size() / channels)];
        most = std::max(most, std::abs(values[n]));
      }
      if (id == model.graph.output) {
        seen.output.insert(seen.output.end(), values.begin(), values.end());
      }
    });
  }
  return seen;
}

// Largest over smallest channel range.
double Spread(std::span<const float> ranges) {
  return *std::ranges::max_element(ranges) / *std::ranges::min_element(ranges);
}

class EveryVariant : public testing::TestWithParam<const char*> {};

TEST_P(EveryVariant, ComputesTheSameWithChannelsMoreAlike) {
  const Model before = FoldedWiflow(GetParam(), 3);
  const RandomWindows source(6, 4);
  const Model after = EqualizeAttention(before, source);
  const Seen was = RunAll(before, source);
  const Seen is = RunAll(after, source);
  for (std::size_t n = 0; n < was.output.size(); ++n) {
    EXPECT_NEAR(is.output[n], was.output[n], 2e-4) << n;
  }
  int checked = 0;
  for (const Node& node : before.graph.nodes) {
    if (!std::holds_alternative<AttentionMix>(node.op)) continue;
    const auto mix = static_cast<std::size_t>(node.output);
    EXPECT_LT(Spread(is.range[mix]), 0.9 * Spread(was.range[mix])) << node.name;
    const auto qkv = static_cast<std::size_t>(node.inputs[1]);
    const std::size_t channels = was.range[qkv].size() / 3;
    for (std::size_t c = 0; c < channels; ++c) {
      // Query and key now share their ranges' geometric mean.
      EXPECT_NEAR(is.range[qkv][c] / is.range[qkv][channels + c], 1, 0.05)
          << node.name << " " << c;
    }
    ++checked;
  }
  EXPECT_EQ(checked, 2);
}

INSTANTIATE_TEST_SUITE_P(Wiflow, EveryVariant,
                         testing::Values("tiny", "quarter"));

TEST(Equalize, LeavesANetworkWithoutAttentionAlone) {
  const Model model = SmallModel(1);
  const Model same = EqualizeAttention(model, RandomWindows(3, 1));
  for (const auto& [name, tensor] : model.parameters) {
    EXPECT_EQ(same.Parameter(name).data, tensor.data) << name;
  }
}

TEST(Equalize, RefusesAnEmptySource) {
  EXPECT_EQ(ErrorOf([] {
              EqualizeAttention(SmallModel(1), RandomWindows(0, 1));
            }).kind(),
            ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8
