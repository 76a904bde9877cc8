// The quantized export of the operators that the WiFlow family has not: each in
// real numbers between dequantized inputs and a quantized result. Where the
// engine's multiplier holds more than the tensors' scales say (a slope, a
// divisor) the difference is a factor.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/arith/normalize.h"
#include "core/arith/recurrent.h"
#include "core/arith/softmax.h"
#include "src/export/onnx/onnx_layers.h"
#include "src/export/onnx/onnx_places.h"
#include "src/export/onnx/onnx_qdq_export.h"

namespace edge_int8 {

void QdqExport::Visit(std::size_t i, const core::RequantizeOp& op) {
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / Step(op.input);
  Land(i, op.activation, op.output,
       Times(Real(op.input), factor, Name(op.output) + ".scaled"));
}

void QdqExport::Visit(std::size_t i, const core::MultiplyOp& op) {
  const std::string name = Name(op.output);
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / (Step(op.a) * Step(op.b));
  const std::string y =
      onnx_.Node("Mul", {Real(op.a), Real(op.b)}, name + ".product");
  Land(i, op.activation, op.output, Times(y, factor, name + ".scaled"));
}

void QdqExport::Visit(std::size_t i, const core::MatMulOp& op) {
  const std::string name = Name(op.output);
  const double factor =
      RealMultiplier(op.scale) * scales_.pre[i] / (Step(op.a) * Step(op.b));
  const std::string y =
      OnnxMatMul(onnx_, Real(op.a), Real(op.b), name + ".matmul");
  Land(i, op.activation, op.output, Times(y, factor, name + ".scaled"));
}

void QdqExport::Visit(std::size_t, const core::SoftmaxOp& op) {
  const std::string name = Name(op.output);
  const double factor =
      std::ldexp(RealMultiplier(op.logit), -core::kExpUnitBits) /
      Step(op.input);
  const std::string y =
      onnx_.Node("Softmax", {Times(Real(op.input), factor, name + ".scaled")},
                 name + ".softmax", {{"axis", int64_t{op.axis} - 3}});
  stored_[AsSize(op.output)] = Quantize(y, name, GridOf(op.output));
}

void QdqExport::Visit(std::size_t i, const core::NormalizeOp& op) {
  const core::TensorSpec& in = Spec(op.input);
  const Normalize norm = {static_cast<NormalizeOver>(op.over), op.groups,
                          op.centered};
  const bool layer = op.over == core::NormalizeOver::kLayer;
  const bool instance = op.over == core::NormalizeOver::kInstance;
  const double n = (instance ? 1.0 : in.channels / op.groups) *
                   (layer ? 1.0 : in.height * in.width);
  Normalize real = norm;
  real.epsilon =
      static_cast<double>(op.epsilon) * std::pow(Step(op.input) / n, 2);
  const double unit = RealMultiplier(op.scale) * scales_.pre[i];
  std::vector<float> gain, bias;
  for (const int16_t g : op.gain) {
    gain.push_back(
        static_cast<float>(std::ldexp(g * unit, core::kNormalizedBits)));
  }
  for (const int32_t b : op.bias) bias.push_back(static_cast<float>(b * unit));
  Land(i, op.activation, op.output,
       OnnxNormalize(onnx_, real, RealTensor(op.input), gain, bias,
                     Name(op.output) + ".norm"));
}

void QdqExport::Visit(std::size_t i, const core::WindowPoolOp& op) {
  Pool pool;
  const auto add = [](const std::vector<core::PlaceRange>& from,
                      std::vector<PoolRange>* to) {
    for (const core::PlaceRange& r : from) {
      to->push_back({r.begin, r.end, r.end - r.begin});
    }
  };
  add(op.rows, &pool.rows);
  add(op.cols, &pool.cols);
  if (op.kind == core::PoolKind::kMax) {
    pool.kind = PoolKind::kMax;
    real_[AsSize(op.output)] = OnnxWindowPool(onnx_, pool, RealTensor(op.input),
                                              Name(op.output) + ".most");
    return;
  }
  Land(i, op.activation, op.output, Mean(i, op, pool));
}

std::string QdqExport::Mean(std::size_t i, const core::WindowPoolOp& op,
                            const Pool& pool) {
  const std::string name = Name(op.output);
  const double unit = scales_.pre[i] / Step(op.input);
  const auto length = [](const std::vector<PoolRange>& ranges) {
    return ranges[0].end - ranges[0].begin;
  };
  const auto equal = [&](const std::vector<PoolRange>& ranges) {
    return std::ranges::all_of(ranges, [&](const PoolRange& r) {
      return r.end - r.begin == length(ranges);
    });
  };
  if (op.scale.size() == 1 && equal(pool.rows) && equal(pool.cols)) {
    const int places = length(pool.rows) * length(pool.cols);
    return Times(
        OnnxWindowPool(onnx_, pool, RealTensor(op.input), name + ".mean"),
        RealMultiplier(op.scale[0]) * unit * places, name + ".scaled");
  }
  std::vector<float> factors;
  for (const core::Multiplier m : op.scale) {
    factors.push_back(static_cast<float>(RealMultiplier(m) * unit));
  }
  const core::TensorSpec& out = Spec(op.output);
  const Shape shape =
      factors.size() == 1 ? Shape{1, 1} : Shape{out.height, out.width};
  return onnx_.Node("Mul",
                    {OnnxWindowSums(onnx_, pool.rows, pool.cols,
                                    RealTensor(op.input), name + ".sums"),
                     onnx_.Constant(name + ".shares", shape,
                                    std::span<const float>(factors))},
                    name + ".mean");
}

void QdqExport::Visit(std::size_t, const core::MoveOp& op) {
  Move move;
  move.out = ExtentOf(op.output);
  move.fill = static_cast<float>((op.fill - Spec(op.output).zero_point) *
                                 Step(op.output));
  std::vector<int32_t> ids;
  std::vector<OnnxTensor> inputs;
  for (const core::MoveTerm& term : op.terms) {
    auto known = std::ranges::find(ids, term.input);
    if (known == ids.end()) {
      const std::string x =
          fixed_[AsSize(op.output)] ? Real(term.input) : Batched(term.input);
      ids.push_back(term.input);
      inputs.push_back({x, ExtentOf(term.input)});
      known = ids.end() - 1;
    }
    MoveTerm& made = move.terms.emplace_back();
    made.input = static_cast<int>(known - ids.begin());
    made.input_offset = term.input_offset;
    made.output_offset = term.output_offset;
    for (const core::MoveDim& dim : term.dims) {
      made.dims.push_back({dim.extent, dim.input_stride, dim.output_stride});
    }
  }
  real_[AsSize(op.output)] =
      OnnxMove(onnx_, move, inputs, Name(op.output) + ".moved");
}

void QdqExport::Visit(std::size_t i, const core::ResizeOp& op) {
  Resize resize;
  const auto add = [](const std::vector<core::ResizeTap>& from,
                      std::vector<ResizeTap>* to) {
    for (const core::ResizeTap& tap : from) {
      to->push_back({tap.first, tap.second,
                     static_cast<float>(tap.weight) / core::kResizeOne});
    }
  };
  add(op.rows, &resize.rows);
  add(op.cols, &resize.cols);
  const std::string name = Name(op.output);
  const double factor = RealMultiplier(op.scale) * core::kResizeOne *
                        core::kResizeOne * scales_.pre[i] / Step(op.input);
  Land(i, op.activation, op.output,
       Times(OnnxResize(onnx_, resize, RealTensor(op.input), name + ".resize"),
             factor, name + ".scaled"));
}

// Dequantized int8 weights [1][rows][values] in ONNX's order of gates.
std::string QdqExport::GateWeights(const core::RecurrentOp& op,
                                   const std::string& name,
                                   std::span<const int8_t> weights,
                                   std::span<const float> row_scales) {
  const auto kind = static_cast<RecurrentKind>(op.kind);
  const auto hidden = AsSize(Spec(op.output).channels);
  const std::size_t each = weights.size() / row_scales.size();
  const std::vector<int8_t> ordered =
      InOnnxGateOrder(kind, weights, each, hidden);
  const std::string codes = onnx_.Constant(
      name,
      {1, static_cast<int64_t>(row_scales.size()), static_cast<int64_t>(each)},
      std::span<const int8_t>(ordered));
  return Dequantize(
      codes, name + ".real",
      {InOnnxGateOrder(kind, row_scales, 1, hidden), 0, core::Type::kS8}, 1);
}

void QdqExport::Visit(std::size_t, const core::RecurrentOp& op) {
  const std::string name = Name(op.output);
  const auto kind = static_cast<RecurrentKind>(op.kind);
  const auto hidden = AsSize(Spec(op.output).channels);
  std::vector<float> biases;
  // By row: the real value of a weight's unit and of a bias's.
  const auto scales = [&](const std::vector<core::Multiplier>& multipliers,
                          const std::vector<int32_t>& bias, double step) {
    std::vector<float> rows, values;
    for (std::size_t row = 0; row < multipliers.size(); ++row) {
      const double unit =
          std::ldexp(RealMultiplier(multipliers[row]), -core::kStateBits);
      rows.push_back(static_cast<float>(unit / step));
      values.push_back(static_cast<float>(bias[row] * unit));
    }
    const std::vector<float> ordered =
        InOnnxGateOrder(kind, std::span<const float>(values), 1, hidden);
    biases.insert(biases.end(), ordered.begin(), ordered.end());
    return rows;
  };
  const std::vector<float> of_x =
      scales(op.input_scale, op.input_bias, Step(op.input));
  const std::vector<float> of_h = scales(op.recurrent_scale, op.recurrent_bias,
                                         std::ldexp(1, -core::kGateBits));
  OnnxGates gates;
  gates.input_weight =
      GateWeights(op, name + ".weight", op.input_weights, of_x);
  gates.recurrent_weight =
      GateWeights(op, name + ".recurrent", op.recurrent_weights, of_h);
  gates.biases =
      onnx_.Constant(name + ".biases", {1, static_cast<int64_t>(biases.size())},
                     std::span<const float>(biases));
  const std::string y =
      OnnxRecurrent(onnx_, kind, static_cast<int>(hidden), op.reverse,
                    Real(op.input), gates, name + ".layer");
  stored_[AsSize(op.output)] = Quantize(y, name, GridOf(op.output));
}

void QdqExport::Visit(std::size_t, const core::ConstantOp& op) {
  const core::TensorSpec& t = Spec(op.output);
  const Shape shape = {1, t.channels, t.height, t.width};
  const auto add = [&](auto zero) {
    using T = decltype(zero);
    std::vector<T> values;
    for (const int16_t v : op.values) values.push_back(static_cast<T>(v));
    return onnx_.Constant(Name(op.output), shape, std::span<const T>(values));
  };
  stored_[AsSize(op.output)] = t.type == core::Type::kU8   ? add(uint8_t{0})
                               : t.type == core::Type::kS8 ? add(int8_t{0})
                                                           : add(int16_t{0});
}

}  // namespace edge_int8
