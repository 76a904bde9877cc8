// Operators of two inputs and more, value by value: arithmetic, comparisons,
// truth values, choices.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

template <TokenKind kind>
OnnxResult Binary(const OnnxCall& call) {
  return {Arithmetic(call, kind, call.Input(0), call.Input(1))};
}

template <TokenKind kind>
OnnxResult Variadic(const OnnxCall& call) {
  OnnxValue result = call.Input(0);
  for (std::size_t i = 1; i < call.inputs.size(); ++i) {
    result = Arithmetic(call, kind, result, call.Input(i));
  }
  return {result};
}

OnnxResult MeanOp(const OnnxCall& call) {
  const OnnxValue sum = Variadic<TokenKind::kAdd>(call)[0];
  return {
      Arithmetic(call, TokenKind::kMultiply, sum,
                 FloatValue(1.0 / static_cast<double>(call.inputs.size())))};
}

OnnxValue Boolean(OnnxValue value) {
  if (value.is_constant()) {
    OnnxArray array = *value.constant;
    array.kind = OnnxArray::Kind::kBool;
    return OnnxValue::Of(std::move(array));
  }
  value.boolean = true;
  return value;
}

OnnxValue Inverted(const OnnxCall& call, const OnnxValue& value) {
  return Boolean(MappedTo(call.emitter, value, FunctionKind::kAffine, -1, 1));
}

OnnxResult GreaterOp(const OnnxCall& call) {
  return {Boolean(Binary<TokenKind::kGreater>(call)[0])};
}

OnnxResult LessOp(const OnnxCall& call) {
  return {Boolean(
      Arithmetic(call, TokenKind::kGreater, call.Input(1), call.Input(0)))};
}

OnnxResult GreaterOrEqualOp(const OnnxCall& call) {
  return {Inverted(call, LessOp(call)[0])};
}

OnnxResult LessOrEqualOp(const OnnxCall& call) {
  return {Inverted(call, GreaterOp(call)[0])};
}

// Neither is greater.
OnnxResult EqualOp(const OnnxCall& call) {
  const OnnxValue either =
      Arithmetic(call, TokenKind::kAdd, GreaterOp(call)[0], LessOp(call)[0]);
  return {Inverted(call, either)};
}

OnnxResult AndOp(const OnnxCall& call) {
  return {Boolean(Binary<TokenKind::kMultiply>(call)[0])};
}

OnnxResult OrOp(const OnnxCall& call) {
  return {Boolean(Binary<TokenKind::kMaximum>(call)[0])};
}

OnnxResult XorOp(const OnnxCall& call) {
  const OnnxValue difference = Binary<TokenKind::kSubtract>(call)[0];
  return {Boolean(MappedTo(call.emitter, difference, FunctionKind::kAbs))};
}

// Of constants only: Python's sign (fmod 0) or C's (fmod 1).
OnnxResult ModOp(const OnnxCall& call) {
  const OnnxArray& a = call.ConstantInput(0, "dividend");
  const OnnxArray& b = call.ConstantInput(1, "divisor");
  const auto shape = BroadcastShape(a.shape, b.shape);
  call.Expect(shape && BoundedCount(*shape), "its shapes can't be combined");
  OnnxArray result{a.kind, *shape, Spread(a, *shape)};
  const std::vector<double> divisor = Spread(b, *shape);
  const bool fmod = call.Int("fmod", 0) != 0;
  for (std::size_t i = 0; i < divisor.size(); ++i) {
    double& v = result.values[i];
    call.Expect(divisor[i] != 0, "it divides by 0");
    v = fmod ? std::fmod(v, divisor[i])
             : v - divisor[i] * std::floor(v / divisor[i]);
  }
  return {OnnxValue::Of(std::move(result))};
}

// x * slope below 0: one function if the slope is one number, otherwise
// relu(x) - slope * relu(-x).
OnnxResult PReluOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const OnnxValue slope = OnnxValue::Of(call.ConstantInput(1, "slope"));
  if (const auto one = UniformValue(slope)) {
    return {MappedTo(call.emitter, x, FunctionKind::kLeakyRelu, *one)};
  }
  const OnnxValue positive = MappedTo(call.emitter, x, FunctionKind::kRelu);
  const OnnxValue negative = MappedTo(
      call.emitter, MappedTo(call.emitter, x, FunctionKind::kAffine, -1, 0),
      FunctionKind::kRelu);
  return {Arithmetic(call, TokenKind::kSubtract, positive,
                     Arithmetic(call, TokenKind::kMultiply, negative, slope))};
}

OnnxValue SelectConstants(const OnnxCall& call, const OnnxArray& condition,
                          const OnnxArray& yes, const OnnxArray& no) {
  auto shape = BroadcastShape(yes.shape, no.shape);
  if (shape) shape = BroadcastShape(*shape, condition.shape);
  call.Expect(shape && BoundedCount(*shape), "its shapes can't be combined");
  OnnxArray result{yes.kind, *shape, Spread(yes, *shape)};
  const std::vector<double> mask = Spread(condition, *shape);
  const std::vector<double> other = Spread(no, *shape);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) result.values[i] = other[i];
  }
  return OnnxValue::Of(std::move(result));
}

// One function if condition and values are of one tensor.
std::optional<OnnxValue> SelectInOneTensor(const OnnxValue& condition,
                                           const OnnxValue& yes,
                                           const OnnxValue& no) {
  if (condition.is_constant()) return std::nullopt;
  const Shape shape = condition.shape();
  std::vector<Expression> sides;
  for (const OnnxValue* side : {&yes, &no}) {
    const auto number = UniformValue(*side);
    const auto fits = BroadcastShape(shape, side->shape());
    if (!fits || *fits != shape) return std::nullopt;
    if (number) {
      sides.push_back(Number(*number));
    } else if (side->SamePlaces(condition)) {
      sides.push_back(side->function);
    } else {
      return std::nullopt;
    }
  }
  OnnxValue result = condition;
  result.boolean = false;
  result.function = Choose(condition.function, sides[0], sides[1]);
  if (IsLong(result.function)) return std::nullopt;
  return result;
}

OnnxResult WhereOp(const OnnxCall& call) {
  const OnnxValue& condition = call.Input(0);
  const OnnxValue& yes = call.Input(1);
  const OnnxValue& no = call.Input(2);
  if (condition.is_constant() && yes.is_constant() && no.is_constant()) {
    return {SelectConstants(call, *condition.constant, *yes.constant,
                            *no.constant)};
  }
  if (const auto all = UniformValue(condition)) {
    const OnnxValue& side = *all != 0 ? yes : no;
    const auto shape = BroadcastShape(yes.shape(), no.shape());
    if (shape && *shape == side.shape()) return {side};
  }
  if (auto one = SelectInOneTensor(condition, yes, no)) return {*one};
  // condition * yes + (1 - condition) * no, in finite numbers.
  const auto finite = [](const OnnxValue& value) {
    return value.is_constant() ? OnnxValue::Of(Finite(*value.constant, true))
                               : value;
  };
  const auto times = [&](const OnnxValue& a, const OnnxValue& b) {
    return Arithmetic(call, TokenKind::kMultiply, a, b);
  };
  return {Arithmetic(call, TokenKind::kAdd, times(condition, finite(yes)),
                     times(Inverted(call, condition), finite(no)))};
}

}  // namespace

void AddBinaryOps(OnnxHandlers& handlers) {
  handlers["Add"] = Binary<TokenKind::kAdd>;
  handlers["Sub"] = Binary<TokenKind::kSubtract>;
  handlers["Mul"] = Binary<TokenKind::kMultiply>;
  handlers["Div"] = Binary<TokenKind::kDivide>;
  handlers["Pow"] = Binary<TokenKind::kPower>;
  handlers["Max"] = Variadic<TokenKind::kMaximum>;
  handlers["Min"] = Variadic<TokenKind::kMinimum>;
  handlers["Sum"] = Variadic<TokenKind::kAdd>;
  handlers["Mean"] = MeanOp;
  handlers["Greater"] = GreaterOp;
  handlers["Less"] = LessOp;
  handlers["GreaterOrEqual"] = GreaterOrEqualOp;
  handlers["LessOrEqual"] = LessOrEqualOp;
  handlers["Equal"] = EqualOp;
  handlers["And"] = AndOp;
  handlers["Or"] = OrOp;
  handlers["Xor"] = XorOp;
  handlers["Mod"] = ModOp;
  handlers["PRelu"] = PReluOp;
  handlers["Where"] = WhereOp;
}

}  // namespace edge_int8
