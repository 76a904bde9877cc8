#include "src/nets/onnx/expression.h"

#include <cmath>
#include <utility>

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

void AppendTokens(Expression& to, const Expression& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Expression Argument() { return {{TokenKind::kX}}; }

bool IsArgument(const Expression& e) {
  return e.size() == 1 && e[0].kind == TokenKind::kX;
}

Expression Number(double value) {
  return {{TokenKind::kConstant, FunctionKind::kIdentity, value}};
}

Expression Apply(FunctionKind kind, Expression e, double a, double b) {
  e.push_back({TokenKind::kUnary, kind, a, b});
  return e;
}

Expression Combine(TokenKind kind, Expression left, const Expression& right) {
  AppendTokens(left, right);
  left.push_back({kind});
  return left;
}

Expression Choose(Expression condition, const Expression& yes,
                  const Expression& no) {
  AppendTokens(condition, yes);
  AppendTokens(condition, no);
  condition.push_back({TokenKind::kSelect});
  return condition;
}

double Evaluate(const Expression& e, double x) {
  return Function{FunctionKind::kComposed, 0, 0, e}(x);
}

Function FunctionOf(const Expression& e) {
  if (IsArgument(e)) return {};
  if (e.size() == 2 && e[0].kind == TokenKind::kX &&
      e[1].kind == TokenKind::kUnary) {
    return {e[1].function, e[1].a, e[1].b};
  }
  return Recognized({FunctionKind::kComposed, 0, 0, e});
}

bool IsLong(const Expression& e) {
  return e.size() > 40 || !IsSoundFunction(e);
}

std::optional<ScaleShift> ScaleShiftOf(const Expression& e) {
  if (IsArgument(e)) return ScaleShift{};
  const ScaleShift guess{Evaluate(e, 1) - Evaluate(e, 0), Evaluate(e, 0)};
  double size = 0;
  for (const double x : {-7.3, -1.0, -0.03, 0.4, 2.0, 31.7, 1e3}) {
    const double error = Evaluate(e, x) - (guess.scale * x + guess.shift);
    size = std::abs(guess.scale * x) + std::abs(guess.shift);
    if (!(std::abs(error) <= 1e-12 * size)) return std::nullopt;
  }
  return guess;
}

}  // namespace edge_int8
