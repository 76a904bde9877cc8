#include "src/graph/row_product.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

class EveryShape : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(EveryShape, GivesTheBitsOfThePlainLoops) {
  const auto [rows, depth, columns] = GetParam();
  const std::vector<float> weights = RandomValues(rows * depth, 1);
  const std::vector<float> x = RandomValues(depth * columns, 2);
  std::vector<float> fast(static_cast<std::size_t>(rows * columns), -7.0f);
  RowProduct(rows, depth, columns, weights.data(), x.data(), fast.data());
  for (int r = 0; r < rows; ++r) {
    for (int n = 0; n < columns; ++n) {
      float sum = 0;
      for (int k = 0; k < depth; ++k) {
        const float product = weights[static_cast<std::size_t>(r * depth + k)] *
                              x[static_cast<std::size_t>(k * columns + n)];
        sum += product;
      }
      ASSERT_EQ(fast[static_cast<std::size_t>(r * columns + n)], sum)
          << "row " << r << " column " << n;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RowProduct, EveryShape,
                         testing::Combine(testing::Values(1, 2, 3, 5, 6, 7, 12,
                                                          15),
                                          testing::Values(0, 1, 3, 27),
                                          testing::Values(1, 15, 16, 17, 40)));

}  // namespace
}  // namespace edge_int8
