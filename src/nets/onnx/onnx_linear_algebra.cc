// Gemm, MatMul, Einsum and the fused Attention of newer operator sets.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"
#include "src/nets/onnx/onnx_product.h"

namespace edge_int8 {
namespace {

using TokenKind = FunctionToken::Kind;

OnnxValue TransposedIf(const OnnxValue& value, bool transposed) {
  return transposed ? Viewed(value, PermutedView(ViewOf(value), {1, 0}))
                    : value;
}

OnnxValue Times(const OnnxCall& call, const OnnxValue& value, double factor) {
  return factor == 1 ? value
                     : Arithmetic(call, TokenKind::kMultiply, value,
                                  FloatValue(factor));
}

OnnxResult GemmOp(const OnnxCall& call) {
  call.Expect(call.Input(0).rank() == 2 && call.Input(1).rank() == 2,
              "its inputs are not matrices");
  const OnnxValue a = TransposedIf(call.Input(0), call.Int("transA", 0) != 0);
  const OnnxValue b = TransposedIf(call.Input(1), call.Int("transB", 0) != 0);
  const double alpha = call.Float("alpha", 1);
  OnnxValue bias;
  if (call.Given(2)) {
    bias = Times(call, call.Input(2), call.Float("beta", 1));
  }
  // The usual case in one convolution.
  const bool plain = b.is_constant() && !a.is_constant() &&
                     (bias.absent() || (bias.is_constant() &&
                                        bias.constant->size() == b.shape()[1]));
  if (plain) {
    call.Expect(a.shape()[1] == b.shape()[0], "its matrices don't fit");
    const OnnxValue weight = Times(call, TransposedIf(b, true), alpha);
    return {
        Linear(call, a, 1, weight.constant->values,
               bias.absent() ? std::vector<double>{} : bias.constant->values)};
  }
  const OnnxValue product = Times(call, MatrixProduct(call, a, b), alpha);
  if (bias.absent()) return {product};
  return {Arithmetic(call, TokenKind::kAdd, product, bias)};
}

OnnxResult MatMulOp(const OnnxCall& call) {
  return {MatrixProduct(call, call.Input(0), call.Input(1))};
}

// An operand of an einsum: its value and a letter per axis.
struct Labelled {
  OnnxValue value;
  std::string labels;
};

std::size_t Find(const std::string& labels, char label) {
  return labels.find(label);
}

bool Contains(const std::string& labels, char label) {
  return labels.find(label) != std::string::npos;
}

// Sums over the axes whose labels nobody else has.
Labelled Summed(const OnnxCall& call, Labelled x, const std::string& kept) {
  for (std::size_t i = x.labels.size(); i-- > 0;) {
    if (Contains(kept, x.labels[i])) continue;
    // A product with ones, axis by axis.
    const Shape shape = x.value.shape();
    const int axis = static_cast<int>(i);
    const int64_t length = shape[i];
    const OnnxValue ones =
        FloatValue({length, 1}, std::vector<double>(AsSize(length), 1));
    ProductAxes axes;
    for (int d = 0; d < x.value.rank(); ++d) {
      if (d != axis) axes.rows.push_back(d);
    }
    axes.keys_a = {axis};
    axes.keys_b = {0};
    x.value = Product(call, x.value, ones, axes);
    x.labels.erase(i, 1);
  }
  return x;
}

Labelled Multiplied(const OnnxCall& call, Labelled a, Labelled b,
                    const std::string& later) {
  a = Summed(call, a, b.labels + later);
  b = Summed(call, b, a.labels + later);
  ProductAxes axes;
  std::string batch;
  std::string rows;
  std::string columns;
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    const char label = a.labels[i];
    const int axis = static_cast<int>(i);
    if (!Contains(b.labels, label)) {
      axes.rows.push_back(axis);
      rows += label;
      continue;
    }
    const int other = static_cast<int>(Find(b.labels, label));
    if (Contains(later, label)) {
      axes.batch_a.push_back(axis);
      axes.batch_b.push_back(other);
      batch += label;
    } else {
      call.Expect(a.value.shape()[i] == b.value.shape()[AsSize(other)],
                  "its inputs differ in length along a letter");
      axes.keys_a.push_back(axis);
      axes.keys_b.push_back(other);
    }
  }
  for (std::size_t i = 0; i < b.labels.size(); ++i) {
    if (Contains(a.labels, b.labels[i])) continue;
    axes.columns.push_back(static_cast<int>(i));
    columns += b.labels[i];
  }
  return {Product(call, a.value, b.value, axes), batch + rows + columns};
}

// "ij,jk->ik" as a list of letters per operand and those of the result.
struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

Equation EquationOf(const OnnxCall& call) {
  std::string text = call.Text("equation", "");
  std::erase(text, ' ');
  call.Expect(text.find('.') == std::string::npos,
              "its equation has an ellipsis");
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  Equation equation;
  std::map<char, int> count;
  left += ',';
  for (std::size_t start = 0; start < left.size();) {
    const std::size_t comma = left.find(',', start);
    equation.inputs.push_back(left.substr(start, comma - start));
    start = comma + 1;
  }
  for (const std::string& labels : equation.inputs) {
    for (const char c : labels) ++count[c];
  }
  if (arrow != std::string::npos) {
    equation.output = text.substr(arrow + 2);
  } else {
    for (const auto& [label, times] : count) {
      if (times == 1) equation.output += label;
    }
  }
  for (const char c : equation.output) {
    call.Expect(
        count.contains(c) && std::ranges::count(equation.output, c) == 1,
        "its equation makes no sense");
  }
  return equation;
}

OnnxResult EinsumOp(const OnnxCall& call) {
  const Equation equation = EquationOf(call);
  call.Expect(equation.inputs.size() == call.inputs.size(),
              "its equation has another number of inputs");
  std::vector<Labelled> operands;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    const std::string& labels = equation.inputs[i];
    call.Expect(AsSize(call.Input(i).rank()) == labels.size(),
                "its equation has another number of axes");
    for (const char c : labels) {
      call.Expect(std::ranges::count(labels, c) == 1,
                  "its equation takes a diagonal");
    }
    operands.push_back({call.Input(i), labels});
  }
  Labelled result = operands[0];
  for (std::size_t i = 1; i < operands.size(); ++i) {
    std::string later = equation.output;
    for (std::size_t j = i + 1; j < operands.size(); ++j) {
      later += operands[j].labels;
    }
    result = Multiplied(call, result, operands[i], later);
  }
  result = Summed(call, result, equation.output);
  std::vector<int> order;
  for (const char c : equation.output) {
    order.push_back(static_cast<int>(Find(result.labels, c)));
  }
  return {Viewed(result.value, PermutedView(ViewOf(result.value), order))};
}

// [1][length][heads * depth] as [1][heads][length][depth].
OnnxValue SplitHeads(const OnnxCall& call, const OnnxValue& x, int64_t heads) {
  if (x.rank() == 4) return x;
  const Shape s = x.shape();
  call.Expect(s.size() == 3 && heads > 0 && s[2] % heads == 0,
              "its inputs don't divide into heads");
  const OnnxValue split = Reshaped(call, x, {s[0], s[1], heads, s[2] / heads});
  return Viewed(split, PermutedView(ViewOf(split), {0, 2, 1, 3}));
}

// Keys or values of fewer heads, each read by several heads of queries.
OnnxValue RepeatedHeads(const OnnxCall& call, const OnnxValue& x,
                        int64_t heads) {
  const Shape s = x.shape();
  if (s[1] == heads) return x;
  call.Expect(heads % s[1] == 0, "its heads don't divide");
  const OnnxValue apart = Reshaped(call, x, {s[0], s[1], 1, s[2], s[3]});
  const OnnxValue wide = Viewed(
      apart,
      ExpandedView(ViewOf(apart), {s[0], s[1], heads / s[1], s[2], s[3]}));
  return Reshaped(call, wide, {s[0], heads, s[2], s[3]});
}

// The mask of causal attention.
OnnxValue CausalMask(int64_t rows, int64_t keys) {
  std::vector<double> mask;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < keys; ++j) mask.push_back(j > i ? -INFINITY : 0);
  }
  return FloatValue({rows, keys}, std::move(mask));
}

OnnxResult AttentionOp(const OnnxCall& call) {
  for (std::size_t i = 4; i < 6; ++i) {
    call.Expect(!call.Given(i), "it keeps keys and values of the past");
  }
  call.Expect(call.Float("softcap", 0) == 0, "it has a softcap");
  const OnnxValue q =
      SplitHeads(call, call.Input(0), call.Int("q_num_heads", 0));
  const int64_t heads = q.shape()[1];
  const int64_t kv_heads = call.Int("kv_num_heads", heads);
  const OnnxValue k =
      RepeatedHeads(call, SplitHeads(call, call.Input(1), kv_heads), heads);
  const OnnxValue v =
      RepeatedHeads(call, SplitHeads(call, call.Input(2), kv_heads), heads);
  const double depth = static_cast<double>(q.shape()[3]);
  OnnxValue scores = Times(
      call,
      MatrixProduct(call, q, Viewed(k, PermutedView(ViewOf(k), {0, 1, 3, 2}))),
      call.Float("scale", 1 / std::sqrt(depth)));
  if (call.Int("is_causal", 0) != 0) {
    scores = Arithmetic(call, TokenKind::kAdd, scores,
                        CausalMask(q.shape()[2], k.shape()[2]));
  }
  if (call.Given(3)) {
    OnnxArray mask = call.ConstantInput(3, "mask");
    if (mask.kind == OnnxArray::Kind::kBool) {
      for (double& m : mask.values) m = m != 0 ? 0 : -INFINITY;
    }
    scores = Arithmetic(call, TokenKind::kAdd, scores,
                        OnnxValue::Of(std::move(mask)));
  }
  const OnnxValue y = MatrixProduct(call, SoftmaxOver(call, scores, 3), v);
  if (call.Input(0).rank() == 4) return {y};
  const Shape s = y.shape();
  return {Reshaped(call, Viewed(y, PermutedView(ViewOf(y), {0, 2, 1, 3})),
                   {s[0], s[2], s[1] * s[3]})};
}

// Before operator set 13 all axes from `axis` on are one.
OnnxResult SoftmaxOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const int axis =
      call.AxisOf(call.Int("axis", call.opset < 13 ? 1 : -1), x.rank());
  if (call.opset >= 13 || axis == x.rank() - 1) {
    return {SoftmaxOver(call, x, axis)};
  }
  const Shape shape = x.shape();
  Shape merged(shape.begin(), shape.begin() + axis);
  merged.push_back(ElementCount({shape.begin() + axis, shape.end()}));
  return {Reshaped(call, SoftmaxOver(call, Reshaped(call, x, merged), axis),
                   shape)};
}

OnnxResult LogSoftmaxOp(const OnnxCall& call) {
  return {MappedTo(call.emitter, SoftmaxOp(call)[0], FunctionKind::kLog)};
}

}  // namespace

void AddProductOps(OnnxHandlers& handlers) {
  handlers["Gemm"] = GemmOp;
  handlers["MatMul"] = MatMulOp;
  handlers["Einsum"] = EinsumOp;
  handlers["Attention"] = AttentionOp;
  handlers["Softmax"] = SoftmaxOp;
  handlers["LogSoftmax"] = LogSoftmaxOp;
}

}  // namespace edge_int8
