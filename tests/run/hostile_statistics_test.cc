// Every recipe on inputs and weights that no training would leave behind: the
// integers are close to what the float network says, or the tensor at fault is
// named; never a NaN and never an internal error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "src/eval/predictor.h"
#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"
#include "src/pose/upstream_shape.h"
#include "src/qgraph/lower.h"
#include "src/run/ordinary_weights.h"
#include "src/run/quantize_checkpoint.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

// What becomes of value n (of one window) of window w.
using Hostility = std::function<float(float value, int64_t w, std::size_t n)>;

class HostileWindows : public WindowSource {
 public:
  HostileWindows(int64_t size, Hostility hostility)
      : plain_(size, 5), hostility_(std::move(hostility)) {}
  int64_t size() const override { return plain_.size(); }
  void Read(int64_t index, std::span<float> out) const override {
    plain_.Read(index, out);
    for (std::size_t n = 0; n < out.size(); ++n) {
      out[n] = std::min(1.0f, hostility_(out[n], index, n));
    }
  }

 private:
  const RandomWindows plain_;
  const Hostility hostility_;
};

struct HostileData {
  std::string name;
  int64_t windows;
  Hostility hostility;
};

constexpr auto kFrameCount = static_cast<std::size_t>(kFrames);

const std::vector<HostileData> kData = {
    {"one_window", 1, [](float v, int64_t, std::size_t) { return v; }},
    {"all_zero", 6, [](float, int64_t, std::size_t) { return 0.0f; }},
    {"one_value", 6, [](float, int64_t, std::size_t) { return 0.7f; }},
    {"constant_channels", 6,
     [](float, int64_t, std::size_t n) {
       return static_cast<float>(n / kFrameCount) / kSubcarriers;
     }},
    {"equal_windows", 6,
     [](float, int64_t, std::size_t n) {
       return static_cast<float>(n * 7919 % 256) / 255.0f;
     }},
    {"dead_channels", 6,
     [](float v, int64_t, std::size_t n) { return n < 1000 ? v : 0.0f; }},
    {"ladder", 6,
     [](float v, int64_t, std::size_t n) {
       return v * std::pow(10.0f, -static_cast<float>(n / kFrameCount) / 27);
     }},
    {"heavy_tailed", 6,
     [](float v, int64_t w, std::size_t n) {
       return (n + static_cast<std::size_t>(w)) % 997 == 0 ? 1000 * v
                                                           : 0.01f * v;
     }},
};

CalibrationSet SetOf(const HostileData& data) {
  CalibrationSet set;
  set.windows = std::make_unique<HostileWindows>(data.windows, data.hostility);
  return set;
}

Repaired Make(const Model& folded, const CalibrationSet& set,
              const std::string& recipe, int weight_bits,
              const std::string& repair) {
  const SourceModel source{"", folded};
  QuantizeRequest request;
  request.recipe = recipe;
  request.weight_bits = weight_bits;
  if (!repair.empty()) request.repairs = ParseRepairs(repair);
  return MakeByRecipe(source, set, MeasureActivations(source, set, 1, 42),
                      request);
}

// Of the engine's poses from the float model's.
double MeanSquaredError(const Model& folded, const Repaired& made,
                        const WindowSource& windows) {
  const auto integer = MakeIntegerPredictor(Lower(made.model, made.plan));
  const auto exact = MakeFloatPredictor(folded);
  const std::vector<float> a = PredictAll(*integer, windows, "integer");
  const std::vector<float> b = PredictAll(*exact, windows, "float");
  double sum = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    sum += std::pow(static_cast<double>(a[n]) - static_cast<double>(b[n]), 2);
  }
  return sum / static_cast<double>(a.size());
}

using Asked = std::tuple<std::string, int, std::string>;  // recipe, bits, list

class EveryRecipe : public testing::TestWithParam<Asked> {};

TEST_P(EveryRecipe, IsNoWorseThanUnrepairedOnHostileInputs) {
  const auto& [recipe, bits, repair] = GetParam();
  const Model folded = FoldedWiflow("tiny", 21);
  for (const HostileData& data : kData) {
    const bool quick = repair.empty() || data.windows == 1;
    if (!quick && data.name != "dead_channels") continue;
    const CalibrationSet set = SetOf(data);
    const Repaired made = Make(folded, set, recipe, bits, repair);
    const Repaired plain = Make(folded, set, recipe, bits, "none");
    const double error = MeanSquaredError(folded, made, *set.windows);
    // The engine's tables and sums differ from the simulation a little.
    EXPECT_LE(error,
              1.05 * MeanSquaredError(folded, plain, *set.windows) + 1e-6)
        << data.name;
  }
}

INSTANTIATE_TEST_SUITE_P(HostileStatistics, EveryRecipe,
                         testing::Values(Asked{"lossless", 8, ""},
                                         Asked{"lossless", 4, ""},
                                         Asked{"mse", 8, "compensation"},
                                         Asked{"mse", 8, "rounding"},
                                         Asked{"mse", 8, "adaround"},
                                         Asked{"minmax", 8, "bias"},
                                         Asked{"percentile", 8, "equalize"},
                                         Asked{"histogram", 8, "none"}));

bool IsConvWeight(const std::string& name, const Tensor& tensor) {
  return name.ends_with(".weight") && tensor.shape.size() >= 3;
}

void Fill(std::vector<float>& values, float value) {
  std::ranges::fill(values, value);
}

// Quantizes tiny with some parameters changed; what went wrong, or nothing.
std::string Refusal(
    const std::function<void(const std::string&, Tensor&)>& change) {
  Model model = RandomModel(BuildWiflow(WiflowVariant("tiny")), 22);
  for (auto& [name, tensor] : model.parameters) change(name, tensor);
  const CalibrationSet set = SetOf(kData[5]);
  try {
    CheckOrdinaryWeights("tiny.pth", model);
    const Model folded = FoldBatchNorms(model);
    CheckOrdinaryFolded("tiny.pth", folded);
    for (const char* recipe : {"mse", "lossless", "minmax"}) {
      const Repaired made = Make(folded, set, recipe, 8, "");
      EXPECT_TRUE(std::isfinite(MeanSquaredError(folded, made, *set.windows)));
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << error.what();
    return error.what();
  }
  return "";
}

TEST(HostileWeights, OfOneValueAreQuantized) {
  for (const float value : {0.0f, 0.01f, 1e-30f, 1e-42f}) {
    EXPECT_EQ(Refusal([&](const std::string& name, Tensor& tensor) {
                if (IsConvWeight(name, tensor)) Fill(tensor.data, value);
              }),
              "")
        << value;
  }
}

TEST(HostileWeights, NormsOfZeroAndOfHugeVarianceAreQuantized) {
  EXPECT_EQ(Refusal([](const std::string& name, Tensor& tensor) {
              if (name.ends_with(".weight") && tensor.shape.size() == 1) {
                Fill(tensor.data, 0);
              }
            }),
            "");
  for (const float variance : {0.0f, 1e30f}) {
    EXPECT_EQ(Refusal([&](const std::string& name, Tensor& tensor) {
                if (name == "tcn.network.0.bn1_pw.running_var") {
                  Fill(tensor.data, variance);
                }
              }),
              "")
        << variance;
  }
  EXPECT_EQ(Refusal([](const std::string& name, Tensor& tensor) {
              if (name.ends_with(".running_var")) Fill(tensor.data, 1e30f);
            }),
            "");
}

TEST(HostileWeights, TooLargeOnesAreRefusedByName) {
  for (const char* name :
       {"tcn.network.1.bn1_pw.running_mean", "tcn.network.1.bn1_pw.bias",
        "tcn.network.1.conv1_pw.weight", "decoder.3.weight",
        "attention.width_axis.bn_qkv.weight"}) {
    for (const float value : {1e20f, -1e30f}) {
      EXPECT_THAT(Refusal([&](const std::string& changed, Tensor& tensor) {
                    if (changed == name) tensor.data[0] = value;
                  }),
                  testing::HasSubstr(name))
          << value;
    }
  }
}

// Each factor ordinary, their product not.
TEST(HostileWeights, ThatOverflowTogetherAreRefusedByName) {
  EXPECT_THAT(Refusal([](const std::string& name, Tensor& tensor) {
                if (name.starts_with("tcn.network.1.conv1_pw") ||
                    name == "tcn.network.1.bn1_pw.weight") {
                  Fill(tensor.data, 1e9f);
                }
              }),
              testing::HasSubstr("tcn.network.1.conv1_pw.weight holds"));
  EXPECT_THAT(Refusal([](const std::string& name, Tensor& tensor) {
                if (name == "tcn.network.0.bn1_pw.bias" ||
                    name == "tcn.network.0.conv2_group.weight") {
                  Fill(tensor.data, 1e9f);
                }
              }),
              testing::HasSubstr("tcn.network.0.conv2_group is "));
}

TEST(HostileWeights, OneChannelAThousandTimesItsNeighboursIsQuantized) {
  EXPECT_EQ(Refusal([](const std::string& name, Tensor& tensor) {
              if (name != "tcn.network.1.conv1_pw.weight") return;
              const auto row = tensor.data.size() /
                               static_cast<std::size_t>(tensor.shape[0]);
              for (std::size_t n = 0; n < row; ++n) tensor.data[n] *= 1000;
            }),
            "");
}

}  // namespace
}  // namespace edge_int8
