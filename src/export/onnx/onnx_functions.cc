#include "src/export/onnx/onnx_functions.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Kind = FunctionToken::Kind;

constexpr int64_t kFloat = 1;  // TensorProto.FLOAT

class FunctionNodes {
 public:
  FunctionNodes(OnnxWriter& onnx, std::string prefix)
      : onnx_(onnx), prefix_(std::move(prefix)) {}

  // One function; its last node is called `output`.
  std::string Apply(FunctionKind kind, double a, double b, const std::string& x,
                    const std::string& output) {
    const auto op = [&](const char* name, const OnnxAttributes& more = {}) {
      return onnx_.Node(name, {x}, output, more);
    };
    const auto alpha = static_cast<float>(a);
    const auto beta = static_cast<float>(b);
    switch (kind) {
      case FunctionKind::kIdentity:
        return op("Identity");
      case FunctionKind::kRelu:
        return op("Relu");
      case FunctionKind::kLeakyRelu:
        return op("LeakyRelu", {{"alpha", alpha}});
      case FunctionKind::kClip:
        return onnx_.Node("Clip", {x, Number(a), Number(b)}, output);
      case FunctionKind::kSigmoid:
        return op("Sigmoid");
      case FunctionKind::kTanh:
        return op("Tanh");
      case FunctionKind::kElu:
        return op("Elu", {{"alpha", alpha}});
      case FunctionKind::kSelu:
        return op("Selu", {{"alpha", alpha}, {"gamma", beta}});
      case FunctionKind::kCelu:
        return op("Celu", {{"alpha", alpha}});
      case FunctionKind::kSoftplus:
        return op("Softplus");
      case FunctionKind::kSoftsign:
        return op("Softsign");
      case FunctionKind::kHardSigmoid:
        return op("HardSigmoid", {{"alpha", alpha}, {"beta", beta}});
      case FunctionKind::kHardSwish:
        return op("HardSwish");
      case FunctionKind::kErf:
        return op("Erf");
      case FunctionKind::kExp:
        return op("Exp");
      case FunctionKind::kLog:
        return op("Log");
      case FunctionKind::kSqrt:
        return op("Sqrt");
      case FunctionKind::kReciprocal:
        return op("Reciprocal");
      case FunctionKind::kAbs:
        return op("Abs");
      case FunctionKind::kFloor:
        return op("Floor");
      case FunctionKind::kCeil:
        return op("Ceil");
      case FunctionKind::kRound:
        return op("Round");
      case FunctionKind::kSign:
        return op("Sign");
      case FunctionKind::kSin:
        return op("Sin");
      case FunctionKind::kCos:
        return op("Cos");
      case FunctionKind::kPower:
        return onnx_.Node("Pow", {x, Number(a)}, output);
      case FunctionKind::kAffine:
        return onnx_.Node("Add", {Times(x, Number(a)), Number(b)}, output);
      case FunctionKind::kStep:
        return Greater(x, Number(a), output);
      case FunctionKind::kMish:
      case FunctionKind::kSilu:
      case FunctionKind::kSwish:
      case FunctionKind::kGelu:
      case FunctionKind::kGeluTanh:
        return Gated(kind, a, x, output);
      case FunctionKind::kComposed:
        break;
    }
    Check(false, "a composed function inside another");
    return {};
  }

  std::string Evaluate(const std::vector<FunctionToken>& tokens,
                       const std::string& x, const std::string& output) {
    std::vector<std::string> stack;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const std::string name = i + 1 == tokens.size() ? output : Next();
      Push(tokens[i], x, name, stack);
    }
    if (stack.at(0) == output) return output;
    return onnx_.Node("Identity", {stack[0]}, output);
  }

 private:
  // x times something of x.
  std::string Gated(FunctionKind kind, double a, const std::string& x,
                    const std::string& output) {
    const auto unary = [&](const char* op, const std::string& of) {
      return onnx_.Node(op, {of}, Next());
    };
    const auto gated = [&](const std::string& gate) {
      return onnx_.Node("Mul", {x, gate}, output);
    };
    if (kind == FunctionKind::kMish) {
      return gated(unary("Tanh", unary("Softplus", x)));
    }
    if (kind == FunctionKind::kSilu) return gated(unary("Sigmoid", x));
    if (kind == FunctionKind::kSwish) {
      return gated(unary("Sigmoid", Times(x, Number(a))));
    }
    std::string cdf;  // twice
    if (kind == FunctionKind::kGelu) {
      cdf = unary("Erf", Times(x, Number(1 / std::numbers::sqrt2)));
    } else {
      const std::string cube = Times(Times(x, x), Times(x, Number(0.044715)));
      const std::string sum = onnx_.Node("Add", {x, cube}, Next());
      cdf = unary("Tanh", Times(sum, Number(std::sqrt(2 / std::numbers::pi))));
    }
    const std::string plus = onnx_.Node("Add", {cdf, Number(1)}, Next());
    return gated(Times(plus, Number(0.5)));
  }

  void Push(const FunctionToken& t, const std::string& x,
            const std::string& name, std::vector<std::string>& stack) {
    const auto pop = [&] {
      const std::string top = stack.back();
      stack.pop_back();
      return top;
    };
    if (t.kind == Kind::kX) return stack.push_back(x);
    if (t.kind == Kind::kConstant) return stack.push_back(Number(t.a));
    const std::string last = pop();
    if (t.kind == Kind::kUnary) {
      return stack.push_back(Apply(t.function, t.a, t.b, last, name));
    }
    const std::string before = pop();
    if (t.kind == Kind::kGreater) {
      return stack.push_back(Greater(before, last, name));
    }
    if (t.kind == Kind::kSelect) {
      const std::string zero = onnx_.Node("Equal", {pop(), Number(0)}, Next());
      return stack.push_back(onnx_.Node("Where", {zero, last, before}, name));
    }
    stack.push_back(onnx_.Node(BinaryName(t.kind), {before, last}, name));
  }

  static const char* BinaryName(Kind kind) {
    switch (kind) {
      case Kind::kAdd:
        return "Add";
      case Kind::kSubtract:
        return "Sub";
      case Kind::kMultiply:
        return "Mul";
      case Kind::kDivide:
        return "Div";
      case Kind::kMaximum:
        return "Max";
      case Kind::kMinimum:
        return "Min";
      case Kind::kPower:
        return "Pow";
      case Kind::kX:
      case Kind::kConstant:
      case Kind::kUnary:
      case Kind::kGreater:
      case Kind::kSelect:
        break;
    }
    Check(false, "not a binary token");
    return "";
  }

  std::string Next() { return fmt::format("{}.f{}", prefix_, next_++); }
  std::string Number(double value) {
    const auto real = static_cast<float>(value);
    return onnx_.Constant(Next(), {}, std::span<const float>(&real, 1));
  }
  std::string Times(const std::string& a, const std::string& b) {
    return onnx_.Node("Mul", {a, b}, Next());
  }
  std::string Greater(const std::string& a, const std::string& b,
                      const std::string& output) {
    return onnx_.Node("Cast", {onnx_.Node("Greater", {a, b}, Next())}, output,
                      {{"to", kFloat}});
  }

  OnnxWriter& onnx_;
  std::string prefix_;
  int next_ = 0;
};

}  // namespace

std::string OnnxFunction(OnnxWriter& onnx, const Function& f,
                         const std::string& x, const std::string& output,
                         const std::string& silu_gate) {
  if (f.kind == FunctionKind::kSilu) {
    const std::string gate = onnx.Node("Sigmoid", {x}, silu_gate);
    return onnx.Node("Mul", {x, gate}, output);
  }
  FunctionNodes nodes(onnx, output);
  if (f.kind == FunctionKind::kComposed) {
    return nodes.Evaluate(f.tokens, x, output);
  }
  return nodes.Apply(f.kind, f.a, f.b, x, output);
}

}  // namespace edge_int8
