#include "src/quantize/reconstruct/exact_balance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/eval/predictor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "src/quantize/reconstruct/attention_channels.h"
#include "src/quantize/reconstruct/probe_moments.h"
#include "tests/testing/same_function.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

Model Tiny() { return RandomModel(BuildWiflow(WiflowVariant("tiny")), 71); }

std::vector<float> Poses(const Model& folded) {
  return PredictAll(*MakeFloatPredictor(folded), RandomWindows(6, 72), "float");
}

void ExpectNear(const std::vector<float>& a, const std::vector<float>& b,
                double share) {
  double most = 0;
  for (const float v : b) most = std::max(most, std::abs(double{v}));
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t n = 0; n < a.size(); ++n) {
    EXPECT_NEAR(a[n], b[n], share * most) << n;
  }
}

TEST(ExactBalance, ComputesTheSameWithEqualSizes) {
  const Model folded = FoldBatchNorms(Tiny());
  Model balanced = BalanceExactly(folded);
  ExpectNear(Poses(balanced), Poses(folded), 1e-4);
  const std::vector<ChannelMoments> moments = ProbeMoments(balanced);
  int checked = 0;
  for (const AttentionChannels& attention : AttentionChannels::In(balanced)) {
    ASSERT_TRUE(attention.values_are_free());
    const ChannelMoments& qkv = moments[AsSize(attention.qkv())];
    const ChannelMoments& mixed = moments[AsSize(attention.mixed())];
    const auto size = [](const ChannelMoments& m, int c) {
      return std::hypot(m.mean[AsSize(c)], m.deviation[AsSize(c)]);
    };
    for (int c = 0; c < attention.channels(); ++c) {
      EXPECT_NEAR(size(qkv, c) / size(qkv, attention.channels() + c), 1, 1e-4);
      EXPECT_NEAR(size(mixed, c), 1, 1e-4);
      if (attention.shift_is_free()) {
        EXPECT_NEAR(mixed.mean[AsSize(c)], 0, 1e-3);
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 0);
}

// As far as float32 goes where a channel moves little around a large mean.
TEST(ExactBalance, EqualCheckpointsBecomeTheSameWeights) {
  const Model checkpoint = Tiny();
  const Model one = BalanceExactly(FoldBatchNorms(checkpoint));
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const SameFunctionOptions options{.order = false, .folded = seed == 2};
    const Model other = BalanceExactly(
        FoldBatchNorms(SameFunction(checkpoint, seed, options).Make()));
    for (const auto& [name, tensor] : one.parameters) {
      SCOPED_TRACE(name);
      ExpectNear(other.Parameter(name).data, tensor.data, 1e-3);
    }
  }
}

TEST(ExactBalance, SharesTheBiasesOfASum) {
  Model model = SmallModel(73);
  const std::vector<float> second = model.Parameter("second.bias").data;
  const std::vector<float> skip = model.Parameter("skip.bias").data;
  const Model balanced = BalanceExactly(model);
  for (std::size_t c = 0; c < second.size(); ++c) {
    const float share = balanced.Parameter("second.bias").data[c];
    EXPECT_FLOAT_EQ(share, (second[c] + skip[c]) / 2);
    EXPECT_EQ(balanced.Parameter("skip.bias").data[c], share);
  }
  EXPECT_EQ(balanced.Parameter("first.bias").data,
            model.Parameter("first.bias").data);
}

TEST(ExactBalance, MakesAChannelThatComputesNothingZeroOnBothSides) {
  Model model = FoldBatchNorms(Tiny());
  AttentionChannels dead = AttentionChannels::In(model).front();
  const int channels = dead.channels();
  const std::string weight = "attention.width_axis.qkv_transform.weight";
  std::vector<float>& rows = model.Parameter(weight).data;
  const std::size_t row =
      rows.size() / (3 * static_cast<std::size_t>(channels));
  // Channel 1's key row.
  std::fill_n(&rows[(static_cast<std::size_t>(channels) + 1) * row], row, 0.0f);
  const Model balanced = BalanceExactly(model);
  const std::vector<float>& after = balanced.Parameter(weight).data;
  for (std::size_t n = 0; n < row; ++n) EXPECT_EQ(after[row + n], 0);
  ExpectNear(Poses(balanced), Poses(model), 1e-4);
}

// Nothing of it is seen on the made-up windows, and still it must stay.
TEST(ExactBalance, KeepsAChannelThatDoesNotMoveOnMadeUpWindows) {
  Model model = FoldBatchNorms(Tiny());
  const std::string name = "attention.width_axis.qkv_transform";
  std::vector<float>& weight = model.Parameter(name + ".weight").data;
  std::vector<float>& bias = model.Parameter(name + ".bias").data;
  const std::size_t channels = bias.size() / 3;
  const std::size_t row = weight.size() / bias.size();
  // A constant value, and a query of zeros but for its bias.
  std::fill_n(&weight[2 * channels * row], row, 0.0f);
  bias[2 * channels] = 2;
  std::fill_n(&weight[row], row, 0.0f);
  bias[1] = 0.5f;
  ExpectNear(Poses(BalanceExactly(model)), Poses(model), 1e-4);
}

TEST(ExactBalance, HoldsTinyAndHugeRows) {
  Model model = FoldBatchNorms(Tiny());
  std::vector<AttentionChannels> attentions = AttentionChannels::In(model);
  attentions[0].ScaleQuery(0, 1e-15);
  attentions[1].ScaleValue(1, 1e12);
  const Model balanced = BalanceExactly(model);
  for (const auto& [name, tensor] : balanced.parameters) {
    for (const float v : tensor.data) ASSERT_TRUE(std::isfinite(v)) << name;
  }
  ExpectNear(Poses(balanced), Poses(model), 1e-3);
}

}  // namespace
}  // namespace edge_int8
