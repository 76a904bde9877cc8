#include "src/nets/onnx/expression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

TEST(Expression, XTimesItsSigmoidIsSilu) {
  const Expression e = Combine(TokenKind::kMultiply, Argument(),
                               Apply(FunctionKind::kSigmoid, Argument()));
  EXPECT_EQ(FunctionOf(e).kind, FunctionKind::kSilu);
}

TEST(Expression, TheErfFormOfGeluIsGelu) {
  const Expression root =
      Combine(TokenKind::kDivide, Argument(), Number(std::sqrt(2.0)));
  const Expression erf =
      Combine(TokenKind::kAdd, Apply(FunctionKind::kErf, root), Number(1));
  const Expression e =
      Combine(TokenKind::kMultiply,
              Combine(TokenKind::kMultiply, Argument(), erf), Number(0.5));
  EXPECT_EQ(FunctionOf(e).kind, FunctionKind::kGelu);
}

TEST(Expression, ChoosesByItsCondition) {
  const Expression e =
      Choose(Apply(FunctionKind::kStep, Argument(), 1), Number(5), Argument());
  EXPECT_EQ(Evaluate(e, 2), 5);
  EXPECT_EQ(Evaluate(e, -3), -3);
}

TEST(Expression, LinesAreFoundAndCurvesAreNot) {
  const Expression line =
      Combine(TokenKind::kSubtract, Number(3),
              Combine(TokenKind::kMultiply, Argument(), Number(2)));
  const auto found = ScaleShiftOf(line);
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->scale, -2);
  EXPECT_DOUBLE_EQ(found->shift, 3);
  EXPECT_FALSE(ScaleShiftOf(Apply(FunctionKind::kAbs, Argument())));
}

}  // namespace
}  // namespace edge_int8
