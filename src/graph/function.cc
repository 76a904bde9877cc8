#include "src/graph/function.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Kind = FunctionToken::Kind;

double Softplus(double x) {
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

double Sigmoid(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

// One elementwise function: its name, how many of a and b it has, its formula.
struct Form {
  FunctionKind kind;
  std::string_view name;
  int parameters;
  double (*formula)(double x, double a, double b);
};

constexpr std::array kForms = {
    Form{FunctionKind::kIdentity, "identity", 0,
         [](double x, double, double) { return x; }},
    Form{FunctionKind::kRelu, "relu", 0,
         [](double x, double, double) { return x < 0 ? 0.0 : x; }},
    Form{FunctionKind::kLeakyRelu, "leaky_relu", 1,
         [](double x, double a, double) { return x < 0 ? a * x : x; }},
    Form{FunctionKind::kClip, "clip", 2,
         [](double x, double a, double b) {
           return std::isnan(x) ? x : std::min(std::max(x, a), b);
         }},
    Form{FunctionKind::kSigmoid, "sigmoid", 0,
         [](double x, double, double) { return Sigmoid(x); }},
    Form{FunctionKind::kTanh, "tanh", 0,
         [](double x, double, double) { return std::tanh(x); }},
    Form{FunctionKind::kElu, "elu", 1,
         [](double x, double a, double) {
           return x < 0 ? a * std::expm1(x) : x;
         }},
    Form{FunctionKind::kSelu, "selu", 2,
         [](double x, double a, double b) {
           return b * (x < 0 ? a * std::expm1(x) : x);
         }},
    Form{FunctionKind::kCelu, "celu", 1,
         [](double x, double a, double) {
           return std::max(x, 0.0) + std::min(0.0, a * std::expm1(x / a));
         }},
    Form{FunctionKind::kSoftplus, "softplus", 0,
         [](double x, double, double) { return Softplus(x); }},
    Form{FunctionKind::kSoftsign, "softsign", 0,
         [](double x, double, double) { return x / (1 + std::abs(x)); }},
    Form{FunctionKind::kHardSigmoid, "hard_sigmoid", 2,
         [](double x, double a, double b) {
           return std::clamp(a * x + b, 0.0, 1.0);
         }},
    Form{FunctionKind::kHardSwish, "hard_swish", 0,
         [](double x, double, double) {
           return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
         }},
    Form{FunctionKind::kMish, "mish", 0,
         [](double x, double, double) { return x * std::tanh(Softplus(x)); }},
    Form{FunctionKind::kSilu, "silu", 0,
         [](double x, double, double) { return x * Sigmoid(x); }},
    Form{FunctionKind::kSwish, "swish", 1,
         [](double x, double a, double) { return x * Sigmoid(a * x); }},
    Form{FunctionKind::kGelu, "gelu", 0,
         [](double x, double, double) {
           return x * std::erfc(-x / std::numbers::sqrt2) / 2;
         }},
    Form{FunctionKind::kGeluTanh, "gelu_tanh", 0,
         [](double x, double, double) {
           const double u =
               std::sqrt(2 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x);
           return x * Sigmoid(2 * u);
         }},
    Form{FunctionKind::kErf, "erf", 0,
         [](double x, double, double) { return std::erf(x); }},
    Form{FunctionKind::kExp, "exp", 0,
         [](double x, double, double) { return std::exp(x); }},
    Form{FunctionKind::kLog, "log", 0,
         [](double x, double, double) { return std::log(x); }},
    Form{FunctionKind::kSqrt, "sqrt", 0,
         [](double x, double, double) { return std::sqrt(x); }},
    Form{FunctionKind::kReciprocal, "reciprocal", 0,
         [](double x, double, double) { return 1 / x; }},
    Form{FunctionKind::kAbs, "abs", 0,
         [](double x, double, double) { return std::abs(x); }},
    Form{FunctionKind::kPower, "power", 1,
         [](double x, double a, double) { return std::pow(x, a); }},
    Form{FunctionKind::kAffine, "affine", 2,
         [](double x, double a, double b) { return a * x + b; }},
    Form{FunctionKind::kFloor, "floor", 0,
         [](double x, double, double) { return std::floor(x); }},
    Form{FunctionKind::kCeil, "ceil", 0,
         [](double x, double, double) { return std::ceil(x); }},
    Form{FunctionKind::kRound, "round", 0,
         [](double x, double, double) { return std::nearbyint(x); }},
    Form{FunctionKind::kSign, "sign", 0,
         [](double x, double, double) { return double((x > 0) - (x < 0)); }},
    Form{FunctionKind::kSin, "sin", 0,
         [](double x, double, double) { return std::sin(x); }},
    Form{FunctionKind::kCos, "cos", 0,
         [](double x, double, double) { return std::cos(x); }},
    Form{FunctionKind::kStep, "step", 1,
         [](double x, double a, double) { return x > a ? 1.0 : 0.0; }},
};

// The forms stand in the order of the kinds; kComposed, the last, has none.
constexpr bool InOrder() {
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    if (kForms[i].kind != static_cast<FunctionKind>(i)) return false;
  }
  return kForms.size() == static_cast<std::size_t>(FunctionKind::kComposed);
}
static_assert(InOrder());

const Form& FormOf(FunctionKind kind) {
  Check(kind < FunctionKind::kComposed, "a composed function has no form");
  return kForms[static_cast<std::size_t>(kind)];
}

double Binary(Kind kind, double x, double y) {
  switch (kind) {
    case Kind::kAdd:
      return x + y;
    case Kind::kSubtract:
      return x - y;
    case Kind::kMultiply:
      return x * y;
    case Kind::kDivide:
      return x / y;
    case Kind::kMaximum:
      return std::max(x, y);
    case Kind::kMinimum:
      return std::min(x, y);
    case Kind::kPower:
      return std::pow(x, y);
    case Kind::kGreater:
      return x > y ? 1 : 0;
    case Kind::kX:
    case Kind::kConstant:
    case Kind::kUnary:
    case Kind::kSelect:
      break;
  }
  Check(false, "not a binary token");
  return 0;
}

double Evaluate(std::span<const FunctionToken> tokens, double x) {
  std::array<double, kMaxFunctionStack> stack = {};
  std::size_t top = 0;
  for (const FunctionToken& t : tokens) {
    switch (t.kind) {
      case Kind::kX:
        stack[top++] = x;
        break;
      case Kind::kConstant:
        stack[top++] = t.a;
        break;
      case Kind::kUnary:
        stack[top - 1] = FormOf(t.function).formula(stack[top - 1], t.a, t.b);
        break;
      case Kind::kSelect:
        top -= 2;
        stack[top - 1] = stack[top - 1] != 0 ? stack[top] : stack[top + 1];
        break;
      default:
        --top;
        stack[top - 1] = Binary(t.kind, stack[top - 1], stack[top]);
    }
  }
  return stack[0];
}

// Where two functions are compared: dense around 0, far out on both sides, off
// the points where pieces meet.
std::vector<double> Samples() {
  std::vector<double> x;
  for (int i = -160; i <= 160; ++i) x.push_back(i * 0.0501 + 0.0003);
  for (double far = 9.7; far < 90; far *= 1.37) {
    x.push_back(far);
    x.push_back(-far);
  }
  return x;
}

bool Agree(const Function& f, const Function& g,
           std::span<const double> samples) {
  return std::ranges::all_of(samples, [&](double x) {
    const double a = f(x), b = g(x);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      return (std::isnan(a) && std::isnan(b)) || a == b;
    }
    // Constants of a file are float32: sqrt(2) has 7 digits there.
    return std::abs(a - b) <= 2e-6 * std::max({std::abs(a), std::abs(b), 1e-3});
  });
}

// What kinds with parameters would have to have as theirs, read off the values.
std::vector<Function> Candidates(const Function& f) {
  std::vector<Function> all;
  for (const Form& form : kForms) {
    if (form.parameters == 0) all.push_back({form.kind});
  }
  const double low = f(-60), high = f(60), step = f(1.5) - f(0.5);
  all.push_back({FunctionKind::kAffine, step, f(0)});
  all.push_back({FunctionKind::kLeakyRelu, -f(-1)});
  all.push_back({FunctionKind::kElu, -low});
  all.push_back({FunctionKind::kClip, low, high});
  all.push_back({FunctionKind::kHardSigmoid, f(0.5) - f(-0.5), f(0)});
  all.push_back({FunctionKind::kSwish, std::log(f(1) / (1 - f(1)))});
  return all;
}

}  // namespace

double Function::operator()(double x) const {
  return kind == FunctionKind::kComposed ? Evaluate(tokens, x)
                                         : FormOf(kind).formula(x, a, b);
}

std::string_view FunctionName(FunctionKind kind) {
  return kind == FunctionKind::kComposed ? "f(x)" : FormOf(kind).name;
}

int FunctionParameters(FunctionKind kind) {
  return kind == FunctionKind::kComposed ? 0 : FormOf(kind).parameters;
}

std::optional<FunctionKind> FindFunction(std::string_view name) {
  const auto found = std::ranges::find(kForms, name, &Form::name);
  if (found == kForms.end()) return std::nullopt;
  return found->kind;
}

bool IsSoundFunction(std::span<const FunctionToken> tokens) {
  std::size_t depth = 0;
  for (const FunctionToken& t : tokens) {
    const bool push = t.kind == Kind::kX || t.kind == Kind::kConstant;
    const std::size_t takes = push                      ? 0
                              : t.kind == Kind::kUnary  ? 1
                              : t.kind == Kind::kSelect ? 3
                                                        : 2;
    if (depth < takes || t.function >= FunctionKind::kComposed) return false;
    depth += 1 - takes;
    if (depth > kMaxFunctionStack) return false;
  }
  return depth == 1;
}

void ApplyFunction(const Function& f, std::span<float> values) {
  switch (f.kind) {
    case FunctionKind::kIdentity:
      return;
    case FunctionKind::kRelu:
      for (float& v : values) v = v < 0 ? 0.0f : v;
      return;
    case FunctionKind::kLeakyRelu: {
      const auto slope = static_cast<float>(f.a);
      for (float& v : values) v = v < 0 ? slope * v : v;
      return;
    }
    case FunctionKind::kClip: {
      const auto low = static_cast<float>(f.a), high = static_cast<float>(f.b);
      for (float& v : values) v = v < low ? low : v > high ? high : v;
      return;
    }
    case FunctionKind::kSilu:
      for (float& v : values) v = v / (1.0f + std::exp(-v));
      return;
    case FunctionKind::kSigmoid:
      for (float& v : values) v = 1.0f / (1.0f + std::exp(-v));
      return;
    case FunctionKind::kTanh:
      for (float& v : values) v = std::tanh(v);
      return;
    case FunctionKind::kGelu:
      for (float& v : values) {
        v = 0.5f * v * std::erfc(v * -0.70710678118654752f);
      }
      return;
    case FunctionKind::kAffine: {
      const auto a = static_cast<float>(f.a), b = static_cast<float>(f.b);
      for (float& v : values) v = a * v + b;
      return;
    }
    default:
      for (float& v : values) v = static_cast<float>(f(v));
  }
}

Function Recognized(const Function& composed) {
  if (composed.kind != FunctionKind::kComposed) return composed;
  const std::vector<double> samples = Samples();
  for (const Function& candidate : Candidates(composed)) {
    if (!std::isnan(candidate.a) && !std::isnan(candidate.b) &&
        Agree(composed, candidate, samples)) {
      return candidate;
    }
  }
  return composed;
}

std::vector<FunctionToken> TokensOf(const Function& f) {
  if (f.kind == FunctionKind::kComposed) return f.tokens;
  return {{.kind = Kind::kX},
          {.kind = Kind::kUnary, .function = f.kind, .a = f.a, .b = f.b}};
}

Function Compose(const Function& before, const Function& after) {
  if (before.kind == FunctionKind::kIdentity) return after;
  if (after.kind == FunctionKind::kIdentity) return before;
  Function f{FunctionKind::kComposed};
  const std::vector<FunctionToken> inner = TokensOf(before);
  for (const FunctionToken& t : TokensOf(after)) {
    if (t.kind == Kind::kX) {
      f.tokens.insert(f.tokens.end(), inner.begin(), inner.end());
    } else {
      f.tokens.push_back(t);
    }
  }
  return Recognized(f);
}

}  // namespace edge_int8
