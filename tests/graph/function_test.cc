#include "src/graph/function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace edge_int8 {
namespace {

Function Parsed(const char* text) {
  const auto f = ParseFunction(text);
  EXPECT_TRUE(f.has_value()) << text;
  return f.value_or(Function{});
}

TEST(Function, TextReadsBackToTheSameFunction) {
  for (const char* text :
       {"silu", "clip:0:6", "clip:-inf:6", "leaky_relu:0.01", "x x sigmoid mul",
        "x 0 gt x 0.25 x mul select", "elu:1", "x 3 pow 0.1 add sqrt"}) {
    const Function f = Parsed(text);
    EXPECT_EQ(FunctionText(f), text);
    EXPECT_EQ(Parsed(FunctionText(f).c_str()), f);
  }
}

TEST(Function, WhatIsNotAFunctionIsNotRead) {
  for (const char* text :
       {"", "x add", "x x", "nonsense", "silu:1", "clip:0", "clip:0:6:7", "add",
        "x y mul", "1 2", "clip:a:b", "leaky_relu"}) {
    EXPECT_FALSE(ParseFunction(text).has_value()) << text;
  }
  std::string deep = "x";
  for (int i = 0; i < 40; ++i) deep += " x";
  for (int i = 0; i < 40; ++i) deep += " add";
  EXPECT_FALSE(ParseFunction(deep).has_value());
}

TEST(Function, SpelledOutFunctionsAreRecognized) {
  const auto kind = [](const char* text) {
    return Recognized(Parsed(text)).kind;
  };
  EXPECT_EQ(kind("x x sigmoid mul"), FunctionKind::kSilu);
  EXPECT_EQ(kind("x x 1.4142135381698608 div erf 1 add mul 0.5 mul"),
            FunctionKind::kGelu);
  EXPECT_EQ(kind("x x softplus tanh mul"), FunctionKind::kMish);
  EXPECT_EQ(kind("x 20 gt x x exp 1 add log select"), FunctionKind::kSoftplus);
  EXPECT_EQ(kind("x x 3 add clip:0:6 mul 6 div"), FunctionKind::kHardSwish);
  EXPECT_EQ(kind("x 0 max"), FunctionKind::kRelu);
  EXPECT_EQ(kind("x 0 max 6 min"), FunctionKind::kClip);
  EXPECT_EQ(kind("x 0.7978845608 mul x x mul 0.044715 mul 1 add mul tanh 1 add "
                 "x mul 0.5 mul"),
            FunctionKind::kGeluTanh);
  EXPECT_EQ(kind("x x mul"), FunctionKind::kComposed);
}

TEST(Function, RecognitionReadsParametersOffTheValues) {
  const Function line = Recognized(Parsed("x 3 mul 2 sub"));
  EXPECT_EQ(line.kind, FunctionKind::kAffine);
  EXPECT_NEAR(line.a, 3, 1e-12);
  EXPECT_NEAR(line.b, -2, 1e-12);
  const Function leak = Recognized(Parsed("x 0 gt x 0.2 x mul select"));
  EXPECT_EQ(leak.kind, FunctionKind::kLeakyRelu);
  EXPECT_NEAR(leak.a, 0.2, 1e-12);
  const Function swish = Recognized(Parsed("x 1.702 mul sigmoid x mul"));
  EXPECT_EQ(swish.kind, FunctionKind::kSwish);
  EXPECT_NEAR(swish.a, 1.702, 1e-9);
}

TEST(Function, CompositionIsAfterOfBefore) {
  const Function clip = {FunctionKind::kClip, 0, 6};
  const Function scaled = Compose({FunctionKind::kAffine, 2, 1}, clip);
  for (const double x : {-3.0, -0.25, 0.0, 1.0, 2.4, 7.0}) {
    EXPECT_EQ(scaled(x), clip(2 * x + 1)) << x;
  }
  EXPECT_EQ(Compose({FunctionKind::kIdentity}, clip), clip);
}

TEST(Function, FloatValuesAreTheFunctionsRounded) {
  std::vector<float> x;
  for (int i = -2000; i <= 2000; ++i)
    x.push_back(0.01f * static_cast<float>(i));
  for (const char* text :
       {"silu", "sigmoid", "tanh", "gelu", "relu", "clip:-1:2", "mish",
        "leaky_relu:0.1", "affine:3:-1", "hard_swish", "elu:1", "softplus"}) {
    const Function f = Parsed(text);
    std::vector<float> y = x;
    ApplyFunction(f, y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = f(double{x[i]});
      EXPECT_NEAR(y[i], exact, 1e-6 * std::max(1.0, std::abs(exact)))
          << text << " of " << x[i];
    }
  }
}

TEST(Function, NanStaysNan) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const char* text : {"silu", "clip:0:6", "relu", "tanh"}) {
    EXPECT_TRUE(std::isnan(Parsed(text)(nan)) ||
                std::string_view(text) == "relu")
        << text;
  }
}

}  // namespace
}  // namespace edge_int8
