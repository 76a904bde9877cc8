#include "src/base/tensor.h"

#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

TEST(Tensor, HasAsManyZerosAsItsShapeSays) {
  const Tensor tensor({2, 3, 4});
  EXPECT_EQ(tensor.size(), 24);
  EXPECT_EQ(tensor.data, std::vector<float>(24));
  EXPECT_EQ(Tensor({0, 5}).size(), 0);
}

TEST(Tensor, AScalarHasOneElement) { EXPECT_EQ(ElementCount({}), 1); }

TEST(Tensor, DataThatDoesNotFillTheShapeIsABug) {
  EXPECT_EQ(ErrorOf([] {
              Tensor({2, 2}, {1, 2, 3});
            }).kind(),
            ErrorKind::kInternal);
}

}  // namespace
}  // namespace edge_int8
