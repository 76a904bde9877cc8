// Operators of one input whose every value becomes a function of itself.
#include "src/nets/onnx/onnx_elementwise.h"

#include <cmath>
#include <limits>
#include <utility>

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

OnnxResult MapTo(const OnnxCall& call, FunctionKind kind, double a = 0,
                 double b = 0) {
  return {MappedTo(call.emitter, call.Input(0), kind, a, b)};
}

template <FunctionKind kind>
OnnxResult Unary(const OnnxCall& call) {
  return MapTo(call, kind);
}

OnnxResult LeakyReluOp(const OnnxCall& call) {
  return MapTo(call, FunctionKind::kLeakyRelu, call.Float("alpha", 0.01));
}

OnnxResult EluOp(const OnnxCall& call) {
  return MapTo(call, FunctionKind::kElu, call.Float("alpha", 1));
}

OnnxResult SeluOp(const OnnxCall& call) {
  return MapTo(call, FunctionKind::kSelu,
               call.Float("alpha", 1.67326319217681884765625),
               call.Float("gamma", 1.05070102214813232421875));
}

OnnxResult CeluOp(const OnnxCall& call) {
  const double alpha = call.Float("alpha", 1);
  call.Expect(alpha != 0, "its alpha is 0");
  return MapTo(call, FunctionKind::kCelu, alpha);
}

OnnxResult HardSigmoidOp(const OnnxCall& call) {
  return MapTo(call, FunctionKind::kHardSigmoid, call.Float("alpha", 0.2),
               call.Float("beta", 0.5));
}

OnnxResult GeluOp(const OnnxCall& call) {
  const bool tanh = call.Text("approximate", "none") == "tanh";
  return MapTo(call, tanh ? FunctionKind::kGeluTanh : FunctionKind::kGelu);
}

OnnxResult SwishOp(const OnnxCall& call) {
  const double alpha = call.Float("alpha", 1);
  return alpha == 1 ? MapTo(call, FunctionKind::kSilu)
                    : MapTo(call, FunctionKind::kSwish, alpha);
}

OnnxResult NegOp(const OnnxCall& call) {
  return MapTo(call, FunctionKind::kAffine, -1, 0);
}

// Bounds are attributes before opset 11 and inputs after.
OnnxResult ClipOp(const OnnxCall& call) {
  constexpr double kMost = std::numeric_limits<float>::max();
  double low = call.Float("min", -kMost);
  double high = call.Float("max", kMost);
  if (call.Given(1)) low = call.ScalarInput(1, "lower bound");
  if (call.Given(2)) high = call.ScalarInput(2, "upper bound");
  // Where there is one bound only, a function without the other says more.
  if (high >= kMost && low == 0) return MapTo(call, FunctionKind::kRelu);
  return MapTo(call, FunctionKind::kClip, std::max(low, -kMost),
               std::min(high, kMost));
}

OnnxResult ThresholdedReluOp(const OnnxCall& call) {
  const Expression x = Argument();
  const Expression above =
      Apply(FunctionKind::kStep, x, call.Float("alpha", 1));
  return {Mapped(call.emitter, call.Input(0), Choose(above, x, Number(0)))};
}

// lambd and bias: x > lambd ? x - bias : x < -lambd ? x + bias : 0
OnnxResult ShrinkOp(const OnnxCall& call) {
  const double lambda = call.Float("lambd", 0.5);
  const double bias = call.Float("bias", 0);
  const Expression x = Argument();
  const Expression inner =
      Choose(Combine(TokenKind::kGreater, Number(-lambda), x),
             Combine(TokenKind::kAdd, x, Number(bias)), Number(0));
  return {
      Mapped(call.emitter, call.Input(0),
             Choose(Apply(FunctionKind::kStep, x, lambda),
                    Combine(TokenKind::kSubtract, x, Number(bias)), inner))};
}

OnnxResult IdentityOp(const OnnxCall& call) { return {call.Input(0)}; }

// The mask, a second output, is ones at inference.
OnnxResult DropoutOp(const OnnxCall& call) {
  if (call.Given(2) && call.ScalarInput(2, "training mode") != 0) {
    call.Fail("it is in training mode; expected a model in eval mode");
  }
  OnnxArray ones{OnnxArray::Kind::kBool, call.Input(0).shape(), {}};
  ones.values.assign(static_cast<std::size_t>(ElementCount(ones.shape)), 1.0);
  return {call.Input(0), OnnxValue::Of(std::move(ones))};
}

OnnxResult NotOp(const OnnxCall& call) {
  OnnxValue result =
      MappedTo(call.emitter, call.Input(0), FunctionKind::kAffine, -1, 1);
  result.boolean = true;
  return {result};
}

OnnxArray::Kind KindOfType(int64_t type) {
  constexpr int64_t kBoolType = 9;
  if (type == 1 || type == 10 || type == 11 || type == 16) {
    return OnnxArray::Kind::kFloat;
  }
  return type == kBoolType ? OnnxArray::Kind::kBool : OnnxArray::Kind::kInteger;
}

OnnxResult CastTo(const OnnxCall& call, OnnxArray::Kind kind) {
  const OnnxValue& value = call.Input(0);
  if (!value.is_constant()) {
    if (kind == OnnxArray::Kind::kFloat || value.boolean) return {value};
    call.Fail("it turns activations into whole numbers");
  }
  OnnxArray array = *value.constant;
  array.kind = kind;
  for (double& v : array.values) {
    if (kind == OnnxArray::Kind::kBool) v = v != 0;
    if (kind == OnnxArray::Kind::kInteger && std::isfinite(v))
      v = std::trunc(v);
  }
  return {OnnxValue::Of(std::move(array))};
}

OnnxResult CastOp(const OnnxCall& call) {
  return CastTo(call, KindOfType(call.Int("to", 1)));
}

OnnxResult CastLikeOp(const OnnxCall& call) {
  const OnnxValue& like = call.Input(1);
  return CastTo(call, like.is_constant() ? like.constant->kind
                      : like.boolean     ? OnnxArray::Kind::kBool
                                         : OnnxArray::Kind::kFloat);
}

}  // namespace

OnnxValue Mapped(OnnxEmitter& emitter, const OnnxValue& value,
                 const Expression& e) {
  if (value.is_constant()) {
    OnnxArray array = *value.constant;
    for (double& v : array.values) v = Evaluate(e, v);
    return OnnxValue::Of(std::move(array));
  }
  OnnxValue result = value;
  result.boolean = false;
  // e applied to what the value is already: x becomes its expression.
  result.function.clear();
  for (const FunctionToken& token : e) {
    if (token.kind == TokenKind::kX) {
      result.function.insert(result.function.end(), value.function.begin(),
                             value.function.end());
    } else {
      result.function.push_back(token);
    }
  }
  if (!IsLong(result.function)) return result;
  result.base = emitter.AppendFunction(value.base, value.function);
  result.function = e;
  return result;
}

OnnxValue MappedTo(OnnxEmitter& emitter, const OnnxValue& value,
                   FunctionKind kind, double a, double b) {
  return Mapped(emitter, value, Apply(kind, Argument(), a, b));
}

OnnxValue FloatValue(const Shape& shape, std::vector<double> values) {
  return OnnxValue::Of({OnnxArray::Kind::kFloat, shape, std::move(values)});
}

OnnxValue FloatValue(double value) { return FloatValue({}, {value}); }

std::optional<double> UniformValue(const OnnxValue& value) {
  if (!value.is_constant() || value.constant->values.empty()) {
    return std::nullopt;
  }
  const std::vector<double>& values = value.constant->values;
  for (const double v : values) {
    if (v != values[0]) return std::nullopt;
  }
  return values[0];
}

void AddElementwiseOps(OnnxHandlers& handlers) {
  handlers["Relu"] = Unary<FunctionKind::kRelu>;
  handlers["Sigmoid"] = Unary<FunctionKind::kSigmoid>;
  handlers["Tanh"] = Unary<FunctionKind::kTanh>;
  handlers["Softplus"] = Unary<FunctionKind::kSoftplus>;
  handlers["Softsign"] = Unary<FunctionKind::kSoftsign>;
  handlers["HardSwish"] = Unary<FunctionKind::kHardSwish>;
  handlers["Mish"] = Unary<FunctionKind::kMish>;
  handlers["Erf"] = Unary<FunctionKind::kErf>;
  handlers["Exp"] = Unary<FunctionKind::kExp>;
  handlers["Log"] = Unary<FunctionKind::kLog>;
  handlers["Sqrt"] = Unary<FunctionKind::kSqrt>;
  handlers["Reciprocal"] = Unary<FunctionKind::kReciprocal>;
  handlers["Abs"] = Unary<FunctionKind::kAbs>;
  handlers["Floor"] = Unary<FunctionKind::kFloor>;
  handlers["Ceil"] = Unary<FunctionKind::kCeil>;
  handlers["Round"] = Unary<FunctionKind::kRound>;
  handlers["Sign"] = Unary<FunctionKind::kSign>;
  handlers["Sin"] = Unary<FunctionKind::kSin>;
  handlers["Cos"] = Unary<FunctionKind::kCos>;
  handlers["LeakyRelu"] = LeakyReluOp;
  handlers["Elu"] = EluOp;
  handlers["Selu"] = SeluOp;
  handlers["Celu"] = CeluOp;
  handlers["HardSigmoid"] = HardSigmoidOp;
  handlers["Gelu"] = GeluOp;
  handlers["Swish"] = SwishOp;
  handlers["Neg"] = NegOp;
  handlers["Clip"] = ClipOp;
  handlers["ThresholdedRelu"] = ThresholdedReluOp;
  handlers["Shrink"] = ShrinkOp;
  handlers["Identity"] = IdentityOp;
  handlers["Dropout"] = DropoutOp;
  handlers["Not"] = NotOp;
  handlers["Cast"] = CastOp;
  handlers["CastLike"] = CastLikeOp;
}

}  // namespace edge_int8
