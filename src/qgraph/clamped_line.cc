#include "src/qgraph/clamped_line.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace edge_int8 {
namespace {

// A line that rises, falls or (slope 0, offset its value) is a constant.
using Line = ClampedLine;

Line ConstantLine(double value) { return {0, value}; }
bool IsConstant(const Line& line) { return line.slope == 0; }

Line Scaled(Line line, double by) {
  line.slope *= by;
  line.offset *= by;
  line.low *= by;
  line.high *= by;
  if (by < 0) std::swap(line.low, line.high);
  return line;
}

Line Shifted(Line line, double by) {
  line.offset += by;
  line.low += by;
  line.high += by;
  return line;
}

Line Cut(Line line, double low, double high) {
  if (IsConstant(line)) return ConstantLine(std::clamp(line.offset, low, high));
  line.low = std::clamp(line.low, low, high);
  line.high = std::clamp(line.high, low, high);
  return line;
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::optional<Line> Unary(const Line& x, FunctionKind kind, double a,
                          double b) {
  switch (kind) {
    case FunctionKind::kIdentity:
      return x;
    case FunctionKind::kRelu:
      return Cut(x, 0, kInfinity);
    case FunctionKind::kClip:
      if (!(a <= b)) return {};
      return Cut(x, a, b);
    case FunctionKind::kAffine:
      if (a == 0) return {};
      return Shifted(Scaled(x, a), b);
    case FunctionKind::kHardSigmoid:
      if (a == 0) return {};
      return Cut(Shifted(Scaled(x, a), b), 0, 1);
    default:
      return {};
  }
}

std::optional<Line> Binary(FunctionToken::Kind kind, const Line& x,
                           const Line& y) {
  using Kind = FunctionToken::Kind;
  const bool x_fixed = IsConstant(x);
  if (!x_fixed && !IsConstant(y)) return {};
  const Line& line = x_fixed ? y : x;
  const double value = (x_fixed ? x : y).offset;
  switch (kind) {
    case Kind::kAdd:
      return Shifted(line, value);
    case Kind::kSubtract:
      return x_fixed ? Shifted(Scaled(y, -1), value) : Shifted(x, -value);
    case Kind::kMultiply:
      if (value == 0) return {};
      return Scaled(line, value);
    case Kind::kDivide:
      if (x_fixed || value == 0) return {};
      return Scaled(x, 1 / value);
    case Kind::kMaximum:
      return Cut(line, value, kInfinity);
    case Kind::kMinimum:
      return Cut(line, -kInfinity, value);
    default:
      return {};
  }
}

std::optional<Line> OfTokens(const std::vector<FunctionToken>& tokens) {
  using Kind = FunctionToken::Kind;
  std::vector<Line> stack;
  for (const FunctionToken& token : tokens) {
    if (token.kind == Kind::kX) {
      stack.push_back({});
    } else if (token.kind == Kind::kConstant) {
      stack.push_back(ConstantLine(token.a));
    } else {
      std::optional<Line> result;
      if (stack.empty()) return {};
      const Line last = stack.back();
      stack.pop_back();
      if (token.kind == Kind::kUnary) {
        result = Unary(last, token.function, token.a, token.b);
      } else if (!stack.empty() && token.kind != Kind::kSelect) {
        result = Binary(token.kind, stack.back(), last);
        stack.pop_back();
      }
      if (!result) return {};
      stack.push_back(*result);
    }
  }
  if (stack.size() != 1) return {};
  return stack[0];
}

}  // namespace

std::optional<ClampedLine> AsClampedLine(const Function& function) {
  const std::optional<Line> line =
      function.kind == FunctionKind::kComposed
          ? OfTokens(function.tokens)
          : Unary({}, function.kind, function.a, function.b);
  if (!line || !(line->slope > 0) || !(line->low < line->high)) return {};
  return line;
}

}  // namespace edge_int8
