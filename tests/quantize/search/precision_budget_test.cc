#include "src/quantize/search/precision_budget.h"

#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <string>

#include "core/arith/activation.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

struct BudgetCase {
  Plan With(const PtqOptions& options) {
    return MakePtqPlan(model, map, stats, options);
  }
  int64_t Wide(const std::map<std::string, int>& bits) {
    PtqOptions options;
    options.quantizer_bits_of = bits;
    return WideBytes(model.graph, map, With(options));
  }

  Model model = SmallModel(7);
  QGraph map = BuildQGraph(model.graph);
  RandomWindows windows{4, 3};
  CalibrationStats stats = Calibrate(model, map, windows);
};

TEST(PrecisionBudget, CountsTheTablesOfFinerPreActivations) {
  BudgetCase c;
  const int64_t before = c.Wide({});
  EXPECT_EQ(c.Wide({{"first", 12}}) - before, 4096);
  EXPECT_EQ(c.Wide({{"first", 16}}) - before, core::kInterpolateEntries);
  // What is stored in 16 bits has entries of two bytes, tables or none.
  EXPECT_EQ(c.Wide({{"first", 12}, {"first.silu", 16}}) - before, 2 * 4096);
}

TEST(PrecisionBudget, WeightsTakeTheirBits) {
  BudgetCase c;
  PtqOptions options;
  const int64_t eight = WeightBytes(c.model.graph, c.With(options));
  // first 6*2*3, second 5*6, skip 5*4, head 2*5.
  EXPECT_EQ(eight, 36 + 30 + 20 + 10);
  options.weight_bits = 4;
  EXPECT_EQ(WeightBytes(c.model.graph, c.With(options)), eight / 2);
}

TEST(PrecisionBudget, AReadersShareIsItsPartOfTheProducts) {
  BudgetCase c;
  const std::vector<double> shares = ReaderShares(c.model.graph);
  double products = 0;
  for (const Quantizer& quantizer : c.map.quantizers) {
    if (quantizer.role == QuantizerRole::kPreActivation) continue;
    products += ReaderShare(quantizer, shares);
  }
  EXPECT_NEAR(products, 1, 1e-9);
}

}  // namespace
}  // namespace edge_int8
