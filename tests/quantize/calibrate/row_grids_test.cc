#include "src/quantize/calibrate/row_grids.h"

#include <gtest/gtest.h>

#include <vector>

#include "src/graph/float_executor.h"
#include "src/graph/float_isas.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

// Values of a tensor in the graph's layout, on a grid's steps and far outside.
std::vector<float> SomeValues(int64_t size, double reach) {
  Rng rng(5);
  std::vector<float> values;
  for (int64_t n = 0; n < size; ++n) {
    values.push_back(static_cast<float>(rng.Uniform(-reach, reach)));
  }
  return values;
}

class EveryFloatIsa : public testing::TestWithParam<std::string_view> {};

// Every quantizer of a network with all kinds of them, against
// QuantizerQuantizer.
TEST_P(EveryFloatIsa, RoundAsTheOtherLayoutDoes) {
  const FloatKernels& kernels = FindFloatKernels(GetParam());
  const Model model = FoldedWiflow("tiny", 3);
  const QGraph map = BuildQGraph(model.graph);
  const RandomWindows source(4, 6);
  const Plan plan = MakePtqPlan(model, map, Calibrate(model, map, source));
  for (const Quantizer& quantizer : map.quantizers) {
    if (quantizer.role == QuantizerRole::kInput) continue;
    QGraph one = map;
    one.quantizers = {quantizer};
    const QuantizerPlan& planned = plan.quantizers.at(quantizer.name);
    const Extent e = model.graph.extent(quantizer.tensor);
    std::vector<float> dense =
        SomeValues(e.size(), 1.3 * planned.scales[0] * (1 << planned.bits));
    const int stride =
        (e.channels + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
    const FloatView view{0, e, 1, e.width * stride, stride};
    std::vector<float> rows(static_cast<std::size_t>(view.positions() * stride),
                            0.0f);
    const auto at = [&](int64_t c, int64_t p) {
      return static_cast<std::size_t>(p * stride + c);
    };
    for (int64_t c = 0; c < e.channels; ++c) {
      for (int64_t p = 0; p < view.positions(); ++p) {
        rows[at(c, p)] =
            dense[static_cast<std::size_t>(c * view.positions() + p)];
      }
    }
    FakeQuantizer(model.graph, one, plan).Apply(quantizer.tensor, dense);
    RowGrids(quantizer, planned, kernels).Round(view, rows.data());
    // A fused multiply-add may round a tie of scale and offset the other way.
    int64_t different = 0;
    for (int64_t c = 0; c < e.channels; ++c) {
      for (int64_t p = 0; p < view.positions(); ++p) {
        const float want =
            dense[static_cast<std::size_t>(c * view.positions() + p)];
        different += rows[at(c, p)] != want;
        EXPECT_NEAR(rows[at(c, p)], want, 1.001 * planned.scales[0])
            << quantizer.name;
      }
    }
    EXPECT_LE(different, 1 + e.size() / 1000) << quantizer.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, EveryFloatIsa, testing::ValuesIn(FloatIsas()),
                         [](const auto& info) {
                           return std::string(info.param);
                         });

}  // namespace
}  // namespace edge_int8
