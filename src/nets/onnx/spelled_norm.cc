#include "src/nets/onnx/spelled_norm.h"

#include <cmath>

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

bool Near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

// epsilon where e is sqrt(x + epsilon), or its reciprocal.
std::optional<double> RootEpsilon(const Expression& e, bool reciprocal) {
  const auto square = [&](double x) {
    const double y = Evaluate(e, x);
    return reciprocal ? 1 / (y * y) : y * y;
  };
  const double epsilon = square(1.0) - 1.0;
  // From values as small as the epsilon it can be had exactly.
  const double fine = square(1e-6) - 1e-6;
  if (!(epsilon >= -1e-9 && epsilon < 1)) return std::nullopt;
  for (const double x : {1e-4, 0.3, 7.0, 4e4}) {
    if (!Near(square(x), x + fine) || !(Evaluate(e, x) > 0)) {
      return std::nullopt;
    }
  }
  return std::max(fine, 0.0);
}

bool IsSquare(const Expression& e) {
  for (const double x : {-3.0, -0.5, 0.25, 2.0, 30.0}) {
    if (!Near(Evaluate(e, x), x * x)) return false;
  }
  return true;
}

}  // namespace

std::optional<OnnxValue> SpelledNorm(const OnnxCall& call, TokenKind kind,
                                     const OnnxValue& a, const OnnxValue& b) {
  if (kind != TokenKind::kDivide && kind != TokenKind::kMultiply) {
    return std::nullopt;
  }
  if (a.is_constant() || b.is_constant()) return std::nullopt;
  const auto& mean = call.emitter.notes(b.base).mean;
  const bool divides = kind == TokenKind::kDivide;
  if (!mean || mean->view != b.view) {
    // A product commutes.
    if (divides || !call.emitter.notes(a.base).mean) return std::nullopt;
    const auto& other = call.emitter.notes(a.base).mean;
    if (other->view != a.view || !other->source.SamePlaces(b)) {
      return std::nullopt;
    }
    return SpelledNorm(call, kind, b, a);
  }
  const OnnxValue& squared = mean->source;
  if (!squared.SamePlaces(a) || !IsSquare(squared.function) ||
      !IsArgument(a.function)) {
    return std::nullopt;
  }
  const auto epsilon = RootEpsilon(b.function, !divides);
  if (!epsilon) return std::nullopt;
  const std::vector<int> axes = mean->axes;
  const auto centered = call.emitter.notes(a.base).centered;
  if (centered && centered->view == a.view && centered->axes == axes) {
    return Normalized(call, centered->source, axes, true, *epsilon);
  }
  return Normalized(call, a, axes, false, *epsilon);
}

void NoteCentered(const OnnxCall& call, const OnnxValue& a, const OnnxValue& b,
                  const OnnxValue& difference) {
  const auto& mean = call.emitter.notes(b.base).mean;
  if (!mean || mean->view != b.view || !IsArgument(b.function) ||
      !(mean->source == a)) {
    return;
  }
  call.emitter.notes(difference.base).centered =
      TensorNotes::Centered{a, mean->axes, difference.view};
}

}  // namespace edge_int8
