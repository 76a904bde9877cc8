// The operators of a graph as tables of ei8.fbs.
#include <algorithm>

#include "core/container/content_writer.h"

namespace edge_int8::core {
namespace {

ei8::Scale Stored(const Multiplier& m) {
  return {m.mantissa, static_cast<uint8_t>(m.shift)};
}

std::vector<ei8::PlaceRange> Stored(const std::vector<PlaceRange>& ranges) {
  std::vector<ei8::PlaceRange> stored;
  for (const PlaceRange& r : ranges) stored.emplace_back(r.begin, r.end);
  return stored;
}

std::vector<ei8::ResizeTap> Stored(const std::vector<ResizeTap>& taps) {
  std::vector<ei8::ResizeTap> stored;
  for (const ResizeTap& t : taps) {
    stored.emplace_back(t.first, t.second, t.weight);
  }
  return stored;
}

}  // namespace

void ContentWriter::AddOperator(const ConvOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const Multipliers scale = WriteMultipliers(op.scale);
  const Ints bias = builder_.CreateVector(op.bias);
  const Bytes weights = WriteWeights(op.weights, op.weight_bits);
  const ConvGeometry& g = op.geometry;
  Push(ei8::Op::Conv,
       ei8::CreateConv(builder_, op.input, op.output, g.kernel_h, g.kernel_w,
                       g.stride_h, g.stride_w, g.dilation_h, g.dilation_w,
                       g.pad_top, g.pad_bottom, g.pad_left, g.pad_right,
                       g.groups, op.weight_bits, weights, bias, scale.mantissa,
                       scale.shift, &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const AddOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  std::vector<ei8::AddTerm> terms;
  unsigned negate = 0;
  for (std::size_t i = 0; i < op.terms.size(); ++i) {
    const AddTerm& t = op.terms[i];
    terms.emplace_back(t.tensor, t.scale.mantissa,
                       static_cast<uint8_t>(t.scale.shift), t.rescale);
    if (t.negate) negate |= 1u << i;
  }
  const auto stored = builder_.CreateVectorOfStructs(terms);
  Push(ei8::Op::Add, ei8::CreateAdd(builder_, stored, op.output,
                                    op.fraction_bits, &a.activation, a.function,
                                    a.pre_scale, static_cast<uint8_t>(negate)));
}

void ContentWriter::AddOperator(const AttentionOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const Multipliers logit = WriteMultipliers(op.logit);
  const Multipliers scale = WriteMultipliers(op.scale);
  const Ints bias = builder_.CreateVector(op.bias);
  Push(ei8::Op::Attention,
       ei8::CreateAttention(builder_, op.input, op.output, op.heads,
                            static_cast<uint8_t>(op.axis), logit.mantissa,
                            logit.shift, bias, scale.mantissa, scale.shift,
                            &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const PoolOp& op) {
  const Multipliers scale =
      op.bin_scale.empty() ? Multipliers{} : WriteMultipliers(op.bin_scale);
  Push(ei8::Op::Pool, ei8::CreatePool(builder_, op.input, op.output, op.bins,
                                      scale.mantissa, scale.shift));
}

void ContentWriter::AddOperator(const TransposeOp& op) {
  const ei8::Order order(static_cast<uint8_t>(op.order[0]),
                         static_cast<uint8_t>(op.order[1]),
                         static_cast<uint8_t>(op.order[2]));
  Push(ei8::Op::Transpose,
       ei8::CreateTranspose(builder_, op.input, op.output, &order));
}

void ContentWriter::AddOperator(const RequantizeOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const ei8::Scale scale = Stored(op.scale);
  Push(ei8::Op::Requantize,
       ei8::CreateRequantize(builder_, op.input, op.output, &scale,
                             &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const MultiplyOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const ei8::Scale scale = Stored(op.scale);
  Push(ei8::Op::Multiply,
       ei8::CreateMultiply(builder_, op.a, op.b, op.output, &scale,
                           &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const MatMulOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const ei8::Scale scale = Stored(op.scale);
  Push(ei8::Op::MatMul,
       ei8::CreateMatMul(builder_, op.a, op.b, op.output, &scale, &a.activation,
                         a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const SoftmaxOp& op) {
  const ei8::Scale logit = Stored(op.logit);
  Push(ei8::Op::Softmax,
       ei8::CreateSoftmax(builder_, op.input, op.output,
                          static_cast<uint8_t>(op.axis),
                          static_cast<uint8_t>(op.extra_bits), &logit));
}

void ContentWriter::AddOperator(const NormalizeOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const auto gain = builder_.CreateVector(op.gain);
  const Ints bias = builder_.CreateVector(op.bias);
  const ei8::Scale scale = Stored(op.scale);
  Push(ei8::Op::Normalize,
       ei8::CreateNormalize(builder_, op.input, op.output,
                            static_cast<uint8_t>(op.over), op.groups,
                            op.centered, op.epsilon, gain, bias, &scale,
                            &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const WindowPoolOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const auto rows = builder_.CreateVectorOfStructs(Stored(op.rows));
  const auto cols = builder_.CreateVectorOfStructs(Stored(op.cols));
  const Multipliers scale = WriteMultipliers(op.scale);
  Push(ei8::Op::WindowPool,
       ei8::CreateWindowPool(builder_, op.input, op.output,
                             static_cast<uint8_t>(op.kind), rows, cols,
                             scale.mantissa, scale.shift, &a.activation,
                             a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const MoveOp& op) {
  std::vector<ei8::MoveTerm> terms;
  std::vector<ei8::MoveDim> dims;
  for (const MoveTerm& t : op.terms) {
    terms.emplace_back(t.input, static_cast<int32_t>(t.input_offset),
                       static_cast<int32_t>(t.output_offset),
                       static_cast<int32_t>(t.dims.size()));
    for (const MoveDim& d : t.dims) {
      dims.emplace_back(d.extent, static_cast<int32_t>(d.input_stride),
                        static_cast<int32_t>(d.output_stride));
    }
  }
  const auto stored_terms = builder_.CreateVectorOfStructs(terms);
  const auto stored_dims = builder_.CreateVectorOfStructs(dims);
  Push(ei8::Op::Move, ei8::CreateMove(builder_, op.output, op.fill,
                                      stored_terms, stored_dims));
}

void ContentWriter::AddOperator(const ResizeOp& op) {
  const StoredActivation a = MakeActivation(op.activation);
  const auto rows = builder_.CreateVectorOfStructs(Stored(op.rows));
  const auto cols = builder_.CreateVectorOfStructs(Stored(op.cols));
  const ei8::Scale scale = Stored(op.scale);
  Push(ei8::Op::Resize,
       ei8::CreateResize(builder_, op.input, op.output, rows, cols, &scale,
                         &a.activation, a.function, a.pre_scale));
}

void ContentWriter::AddOperator(const RecurrentOp& op) {
  const int16_t sigmoid =
      op.sigmoid.empty() ? int16_t{-1} : TableIndex(op.sigmoid);
  const int16_t tanh = TableIndex(op.tanh);
  const Bytes input_weights = WriteWeights(op.input_weights, op.weight_bits);
  const Bytes weights = WriteWeights(op.recurrent_weights, op.weight_bits);
  const Ints input_bias = builder_.CreateVector(op.input_bias);
  const Ints bias = builder_.CreateVector(op.recurrent_bias);
  const Multipliers input_scale = WriteMultipliers(op.input_scale);
  const Multipliers scale = WriteMultipliers(op.recurrent_scale);
  Push(ei8::Op::Recurrent,
       ei8::CreateRecurrent(builder_, op.input, op.output,
                            static_cast<uint8_t>(op.kind), op.reverse,
                            op.weight_bits, input_weights, weights, input_bias,
                            bias, input_scale.mantissa, input_scale.shift,
                            scale.mantissa, scale.shift, sigmoid, tanh));
}

void ContentWriter::AddOperator(const ConstantOp& op) {
  const auto [low, high] = std::ranges::minmax(op.values);
  if (low >= 0 && high <= 255) {
    const std::vector<uint8_t> bytes(op.values.begin(), op.values.end());
    Push(ei8::Op::Constant, ei8::CreateConstant(builder_, op.output,
                                                builder_.CreateVector(bytes)));
  } else if (low >= -128 && high <= 127) {
    const std::vector<int8_t> bytes(op.values.begin(), op.values.end());
    Push(ei8::Op::Constant, ei8::CreateConstant(builder_, op.output, 0,
                                                builder_.CreateVector(bytes)));
  } else {
    Push(ei8::Op::Constant,
         ei8::CreateConstant(builder_, op.output, 0, 0,
                             builder_.CreateVector(op.values)));
  }
}

}  // namespace edge_int8::core
