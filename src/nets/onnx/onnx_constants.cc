// Operators that make constants, or that shapes are computed with: what
// exporters write around the network proper.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

using Kind = OnnxArray::Kind;

OnnxResult ConstantOp(const OnnxCall& call) {
  OnnxArray array;
  for (const auto& [name, attribute] : call.node.attributes) {
    if (name == "value" && attribute.array != nullptr) {
      OnnxValue value;
      value.constant = attribute.array;
      return {value};
    }
    if (name == "value_float") array = {Kind::kFloat, {}, {attribute.number}};
    if (name == "value_int") {
      array = {Kind::kInteger, {}, {static_cast<double>(attribute.integer)}};
    }
    if (name == "value_floats") {
      array = {Kind::kFloat,
               {static_cast<int64_t>(attribute.numbers.size())},
               attribute.numbers};
    }
    if (name == "value_ints") {
      array = *IntegerConstant(attribute.integers);
    }
  }
  call.Expect(!array.values.empty() || !array.shape.empty(),
              "it holds no dense numbers");
  return {OnnxValue::Of(std::move(array))};
}

OnnxResult ConstantOfShapeOp(const OnnxCall& call) {
  OnnxArray array{Kind::kFloat, Integers(call.ConstantInput(0, "shape")), {}};
  const auto count = BoundedCount(array.shape);
  call.Expect(count.has_value(), "its shape is too large");
  double value = 0;
  const auto found = call.node.attributes.find("value");
  if (found != call.node.attributes.end() && found->second.array != nullptr) {
    call.Expect(found->second.array->size() == 1,
                "its value is not one number");
    value = found->second.array->values[0];
    array.kind = found->second.array->kind;
  }
  array.values.assign(AsSize(*count), value);
  return {OnnxValue::Of(std::move(array))};
}

OnnxResult ShapeOp(const OnnxCall& call) {
  const Shape shape = call.Input(0).shape();
  const auto rank = static_cast<int64_t>(shape.size());
  const auto counted = [&](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t start = counted(call.Int("start", 0));
  const int64_t end = std::max(start, counted(call.Int("end", rank)));
  OnnxValue value;
  value.constant =
      IntegerConstant({shape.begin() + start, shape.begin() + end});
  return {value};
}

OnnxResult SizeOp(const OnnxCall& call) {
  return {OnnxValue::Of(
      {Kind::kInteger,
       {},
       {static_cast<double>(ElementCount(call.Input(0).shape()))}})};
}

OnnxResult RangeOp(const OnnxCall& call) {
  const double start = call.ScalarInput(0, "start");
  const double limit = call.ScalarInput(1, "limit");
  const double delta = call.ScalarInput(2, "delta");
  const double count = std::max(0.0, std::ceil((limit - start) / delta));
  call.Expect(delta != 0 && count <= static_cast<double>(kMostValues),
              "it counts too far");
  OnnxArray array{call.inputs[0].constant->kind, {ToInteger(count)}, {}};
  for (int64_t i = 0; i < array.shape[0]; ++i) {
    array.values.push_back(start + static_cast<double>(i) * delta);
  }
  return {OnnxValue::Of(std::move(array))};
}

OnnxResult NonZeroOp(const OnnxCall& call) {
  const OnnxArray& x = call.ConstantInput(0, "input");
  std::vector<std::vector<double>> found(x.shape.size());
  for (int64_t i = 0; i < x.size(); ++i) {
    if (x.values[AsSize(i)] == 0) continue;
    int64_t rest = i;
    for (std::size_t d = x.shape.size(); d-- > 0;) {
      found[d].push_back(static_cast<double>(rest % x.shape[d]));
      rest /= x.shape[d];
    }
  }
  OnnxArray array{Kind::kInteger,
                  {static_cast<int64_t>(found.size()),
                   found.empty() ? 0 : static_cast<int64_t>(found[0].size())},
                  {}};
  for (const auto& row : found) {
    array.values.insert(array.values.end(), row.begin(), row.end());
  }
  return {OnnxValue::Of(std::move(array))};
}

OnnxResult CumSumOp(const OnnxCall& call) {
  OnnxArray x = call.ConstantInput(0, "input");
  const int axis = call.AxisOf(ToInteger(call.ScalarInput(1, "axis")),
                               static_cast<int>(x.shape.size()));
  const bool exclusive = call.Int("exclusive", 0) != 0;
  const bool reverse = call.Int("reverse", 0) != 0;
  int64_t inner = 1;
  for (std::size_t d = AsSize(axis) + 1; d < x.shape.size(); ++d) {
    inner *= x.shape[d];
  }
  const int64_t length = x.shape[AsSize(axis)];
  for (int64_t row = 0; row < x.size() / std::max<int64_t>(1, length); ++row) {
    const int64_t first = row / inner * inner * length + row % inner;
    double sum = 0;
    for (int64_t i = 0; i < length; ++i) {
      double& v =
          x.values[AsSize(first + (reverse ? length - 1 - i : i) * inner)];
      const double own = v;
      v = exclusive ? sum : sum + own;
      sum += own;
    }
  }
  return {OnnxValue::Of(std::move(x))};
}

OnnxResult EyeLikeOp(const OnnxCall& call) {
  const Shape shape = call.Input(0).shape();
  call.Expect(shape.size() == 2, "it needs a matrix");
  const int64_t k = call.Int("k", 0);
  OnnxArray eye{Kind::kFloat, shape, {}};
  for (int64_t i = 0; i < shape[0]; ++i) {
    for (int64_t j = 0; j < shape[1]; ++j) {
      eye.values.push_back(j - i == k ? 1 : 0);
    }
  }
  return {OnnxValue::Of(std::move(eye))};
}

OnnxResult OneHotOp(const OnnxCall& call) {
  const OnnxArray& indices = call.ConstantInput(0, "indices");
  const int64_t depth = ToInteger(call.ScalarInput(1, "depth"));
  const OnnxArray& values = call.ConstantInput(2, "values");
  const int rank = static_cast<int>(indices.shape.size()) + 1;
  const int axis = call.AxisOf(call.Int("axis", -1), rank);
  OnnxArray hot{values.kind, indices.shape, {}};
  hot.shape.insert(hot.shape.begin() + axis, depth);
  const auto count = BoundedCount(hot.shape);
  call.Expect(count && depth > 0 && values.size() == 2,
              "its depth or its values make no sense");
  int64_t inner = 1;
  for (std::size_t d = AsSize(axis) + 1; d < hot.shape.size(); ++d) {
    inner *= hot.shape[d];
  }
  for (int64_t i = 0; i < *count; ++i) {
    const int64_t at = i / inner % depth;
    const int64_t from = i / inner / depth * inner + i % inner;
    int64_t index = ToInteger(indices.values[AsSize(from)]);
    if (index < 0) index += depth;
    hot.values.push_back(values.values[index == at ? 1 : 0]);
  }
  return {OnnxValue::Of(std::move(hot))};
}

// (q - zero point) * scale of constants: weights that were stored as int8.
OnnxResult DequantizeLinearOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  if (!x.is_constant()) {
    call.Fail(
        "the network is quantized already; expected the float model it "
        "was made of");
  }
  call.Expect(call.Int("block_size", 0) == 0, "it has blocks");
  OnnxArray q = *x.constant;
  q.kind = Kind::kFloat;
  const OnnxArray& scale = call.ConstantInput(1, "scale");
  const int64_t axis = call.Int("axis", 1);
  // One scale, or one per index of the axis.
  const auto spread = [&](const OnnxArray& array) {
    Shape shape(q.shape.size(), 1);
    if (array.size() > 1) {
      const int at = call.AxisOf(axis, static_cast<int>(q.shape.size()));
      shape[AsSize(at)] = array.size();
    }
    return FloatValue(shape, array.values);
  };
  using TokenKind = FunctionToken::Kind;
  OnnxValue value = OnnxValue::Of(std::move(q));
  if (call.Given(2)) {
    value = Arithmetic(call, TokenKind::kSubtract, value,
                       spread(call.ConstantInput(2, "zero point")));
  }
  return {Arithmetic(call, TokenKind::kMultiply, value, spread(scale))};
}

OnnxResult QuantizedOp(const OnnxCall& call) {
  call.Fail(
      "the network is quantized already; expected the float model it was "
      "made of");
}

}  // namespace

void AddConstantOps(OnnxHandlers& handlers) {
  handlers["Constant"] = ConstantOp;
  handlers["ConstantOfShape"] = ConstantOfShapeOp;
  handlers["Shape"] = ShapeOp;
  handlers["Size"] = SizeOp;
  handlers["Range"] = RangeOp;
  handlers["NonZero"] = NonZeroOp;
  handlers["CumSum"] = CumSumOp;
  handlers["EyeLike"] = EyeLikeOp;
  handlers["OneHot"] = OneHotOp;
  handlers["DequantizeLinear"] = DequantizeLinearOp;
  handlers["QuantizeLinear"] = QuantizedOp;
  handlers["DynamicQuantizeLinear"] = QuantizedOp;
  handlers["QLinearConv"] = QuantizedOp;
  handlers["QLinearMatMul"] = QuantizedOp;
  handlers["ConvInteger"] = QuantizedOp;
  handlers["MatMulInteger"] = QuantizedOp;
}

}  // namespace edge_int8
