// The operators of a graph from the tables of ei8.fbs.
#include "core/container/content_reader.h"
#include "core/container/packed_weights.h"
#include "core/container/validate.h"

namespace edge_int8::core {
namespace {

Multiplier Loaded(const ei8::Scale& scale) {
  return {scale.mantissa(), scale.shift()};
}

}  // namespace

bool ContentReader::CopyMultipliers(const Vector<int32_t>* mantissa,
                                    const Vector<uint8_t>* shift,
                                    std::vector<Multiplier>* to) {
  const std::size_t count = mantissa->size();
  if (shift->size() != count) return Fail(Status::kChannelCount);
  if (!Count(count * 5)) return false;
  to->resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    (*to)[i] = {mantissa->data()[i], shift->data()[i]};
  }
  return true;
}

bool ContentReader::CopyRanges(const Vector<const ei8::PlaceRange*>& from,
                               std::vector<PlaceRange>* to) {
  if (!Count(from.size() * sizeof(ei8::PlaceRange))) return false;
  to->reserve(from.size());
  for (const ei8::PlaceRange* r : from) to->push_back({r->begin(), r->end()});
  return true;
}

bool ContentReader::CopyTaps(const Vector<const ei8::ResizeTap*>& from,
                             std::vector<ResizeTap>* to) {
  if (!Count(from.size() * sizeof(ei8::ResizeTap))) return false;
  to->reserve(from.size());
  for (const ei8::ResizeTap* t : from) {
    to->push_back({t->first(), t->second(), t->weight()});
  }
  return true;
}

// Packed bytes don't say which bits are the last weight's; `count`, from the
// shape, does. It is negative where the shape makes no sense.
bool ContentReader::CopyWeights(const Vector<uint8_t>& from, int64_t count,
                                int32_t bits, std::vector<int8_t>* to) {
  if (!Count(from.size())) return false;
  if (bits == 8 || !IsWeightBits(bits)) {
    to->assign(from.begin(), from.end());
    return true;
  }
  const auto weights = static_cast<std::size_t>(count);
  if (count < 0 || PackedBytes(weights, bits) != from.size() ||
      !UnpackWeights(std::span(from.data(), from.size()), weights, bits, to)) {
    return Fail(Status::kBadPacking);
  }
  return true;
}

bool ContentReader::CopyTable(int32_t index, std::vector<int16_t>* to) {
  const auto place = static_cast<std::size_t>(index);  // -1 is huge
  if (place >= tables_.size()) return Fail(Status::kBadTableIndex, index);
  *to = tables_[place];
  return true;
}

template <class T>
bool ContentReader::ReadActivation(const T& from, Activation* to) {
  const ei8::Activation& stored = *from.activation();
  to->zero = stored.zero();
  to->low = stored.low();
  to->high = stored.high();
  to->kind = static_cast<TableKind>(stored.kind());
  to->pre_scale = from.pre_scale();
  if (from.function() != -1) {
    const auto index = static_cast<std::size_t>(from.function());
    if (index >= functions_.size()) {
      return Fail(Status::kBadTableIndex, from.function());
    }
    to->function = functions_[index];
  }
  if (to->kind == TableKind::kNone) {
    return stored.table() == -1 || Fail(Status::kBadTableIndex, stored.table());
  }
  return CopyTable(stored.table(), &to->table);
}

bool ContentReader::ReadOp(const ei8::Conv& from) {
  ConvOp op;
  op.input = from.input();
  op.output = from.output();
  op.geometry = {from.kernel_h(),  from.kernel_w(),   from.stride_h(),
                 from.stride_w(),  from.dilation_h(), from.dilation_w(),
                 from.pad_top(),   from.pad_bottom(), from.pad_left(),
                 from.pad_right(), from.groups()};
  op.weight_bits = from.weight_bits();
  return Copy(from.bias(), &op.bias) &&
         CopyWeights(*from.weights(), WeightCount(out_->graph, op),
                     op.weight_bits, &op.weights) &&
         CopyMultipliers(from.mantissa(), from.shift(), &op.scale) &&
         ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Add& from) {
  AddOp op;
  op.output = from.output();
  op.fraction_bits = from.fraction_bits();
  if (from.terms()->size() > kMaxAddTerms) return Fail(Status::kTermCount);
  if (from.negate() >> from.terms()->size() != 0) {
    return Fail(Status::kTermCount);
  }
  for (const ei8::AddTerm* t : *from.terms()) {
    const bool negate = (from.negate() >> op.terms.size() & 1) != 0;
    op.terms.push_back(
        {t->tensor(), t->rescale(), {t->mantissa(), t->shift()}, negate});
  }
  return ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Attention& from) {
  AttentionOp op;
  op.input = from.input();
  op.output = from.output();
  op.heads = from.heads();
  op.axis = static_cast<AttentionAxis>(from.axis());
  return CopyMultipliers(from.logit_mantissa(), from.logit_shift(),
                         &op.logit) &&
         Copy(from.bias(), &op.bias) &&
         CopyMultipliers(from.mantissa(), from.shift(), &op.scale) &&
         ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Pool& from) {
  PoolOp op{from.input(), from.output(), from.bins(), {}};
  const bool has_scale = from.mantissa() != nullptr;
  if (has_scale != (from.shift() != nullptr)) {
    return Fail(Status::kChannelCount);
  }
  if (has_scale &&
      !CopyMultipliers(from.mantissa(), from.shift(), &op.bin_scale)) {
    return false;
  }
  return Keep(op);
}

bool ContentReader::ReadOp(const ei8::Transpose& from) {
  const ei8::Order& order = *from.order();
  return Keep(TransposeOp{from.input(),
                          from.output(),
                          {order.channels(), order.height(), order.width()}});
}

bool ContentReader::ReadOp(const ei8::Requantize& from) {
  RequantizeOp op;
  op.input = from.input();
  op.output = from.output();
  op.scale = Loaded(*from.scale());
  return ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Multiply& from) {
  MultiplyOp op;
  op.a = from.a();
  op.b = from.b();
  op.output = from.output();
  op.scale = Loaded(*from.scale());
  return ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::MatMul& from) {
  MatMulOp op;
  op.a = from.a();
  op.b = from.b();
  op.output = from.output();
  op.scale = Loaded(*from.scale());
  return ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Softmax& from) {
  SoftmaxOp op;
  op.input = from.input();
  op.output = from.output();
  op.axis = from.axis();
  op.extra_bits = from.extra_bits();
  op.logit = Loaded(*from.logit());
  return Keep(op);
}

bool ContentReader::ReadOp(const ei8::Normalize& from) {
  NormalizeOp op;
  op.input = from.input();
  op.output = from.output();
  op.over = static_cast<NormalizeOver>(from.over());
  op.groups = from.groups();
  op.centered = from.centered();
  op.epsilon = from.epsilon();
  op.scale = Loaded(*from.scale());
  return Copy(from.gain(), &op.gain) && Copy(from.bias(), &op.bias) &&
         ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::WindowPool& from) {
  WindowPoolOp op;
  op.input = from.input();
  op.output = from.output();
  op.kind = static_cast<PoolKind>(from.kind());
  return CopyRanges(*from.rows(), &op.rows) &&
         CopyRanges(*from.cols(), &op.cols) &&
         CopyMultipliers(from.mantissa(), from.shift(), &op.scale) &&
         ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Move& from) {
  MoveOp op;
  op.output = from.output();
  op.fill = from.fill();
  const auto& terms = *from.terms();
  const auto& dims = *from.dims();
  if (!Count(terms.size() * sizeof(ei8::MoveTerm)) ||
      !Count(dims.size() * sizeof(ei8::MoveDim))) {
    return false;
  }
  op.terms.reserve(terms.size());
  flatbuffers::uoffset_t next = 0;
  for (const ei8::MoveTerm* t : terms) {
    const bool known = t->axes() >= 0 &&
                       static_cast<uint32_t>(t->axes()) <= dims.size() - next;
    if (!known) return Fail(Status::kMoveLimits);
    MoveTerm& term = op.terms.emplace_back();
    term.input = t->input();
    term.input_offset = t->input_offset();
    term.output_offset = t->output_offset();
    term.dims.reserve(static_cast<std::size_t>(t->axes()));
    for (int32_t axis = 0; axis < t->axes(); ++axis, ++next) {
      const ei8::MoveDim& d = *dims.Get(next);
      term.dims.push_back({d.extent(), d.input_stride(), d.output_stride()});
    }
  }
  return (next == dims.size() || Fail(Status::kMoveLimits)) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Resize& from) {
  ResizeOp op;
  op.input = from.input();
  op.output = from.output();
  op.scale = Loaded(*from.scale());
  return CopyTaps(*from.rows(), &op.rows) && CopyTaps(*from.cols(), &op.cols) &&
         ReadActivation(from, &op.activation) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Recurrent& from) {
  RecurrentOp op;
  op.input = from.input();
  op.output = from.output();
  op.kind = static_cast<RecurrentKind>(from.kind());
  op.reverse = from.reverse();
  op.weight_bits = from.weight_bits();
  if (!Copy(from.input_bias(), &op.input_bias) ||
      !Copy(from.recurrent_bias(), &op.recurrent_bias)) {
    return false;
  }
  // Rows of both weights, and so their counts, as the graph says them.
  const auto channels = [&](int32_t id) -> int64_t {
    const std::vector<TensorSpec>& all = out_->graph.tensors;
    const auto index = static_cast<std::size_t>(id);
    return index < all.size() ? std::max(all[index].channels, 0) : 0;
  };
  const auto rows = static_cast<int64_t>(op.input_bias.size());
  return CopyWeights(*from.input_weights(), rows * channels(op.input),
                     op.weight_bits, &op.input_weights) &&
         CopyWeights(*from.recurrent_weights(), rows * channels(op.output),
                     op.weight_bits, &op.recurrent_weights) &&
         CopyMultipliers(from.input_mantissa(), from.input_shift(),
                         &op.input_scale) &&
         CopyMultipliers(from.recurrent_mantissa(), from.recurrent_shift(),
                         &op.recurrent_scale) &&
         (from.sigmoid() == -1 || CopyTable(from.sigmoid(), &op.sigmoid)) &&
         CopyTable(from.tanh(), &op.tanh) && Keep(op);
}

bool ContentReader::ReadOp(const ei8::Constant& from) {
  ConstantOp op;
  op.output = from.output();
  const int forms = int{from.u8() != nullptr} + int{from.s8() != nullptr} +
                    int{from.s16() != nullptr};
  if (forms != 1) return Fail(Status::kBadTable);
  const auto copy = [&](const auto& values) {
    if (!Count(values.size() * sizeof(*values.data()))) return false;
    op.values.assign(values.data(), values.data() + values.size());
    return true;
  };
  const bool copied = from.u8()   ? copy(*from.u8())
                      : from.s8() ? copy(*from.s8())
                                  : copy(*from.s16());
  return copied && Keep(op);
}

bool ContentReader::ReadAnyOp(ei8::Op type, const void* op) {
  switch (type) {
    case ei8::Op::Conv:
      return ReadOp(*static_cast<const ei8::Conv*>(op));
    case ei8::Op::Add:
      return ReadOp(*static_cast<const ei8::Add*>(op));
    case ei8::Op::Attention:
      return ReadOp(*static_cast<const ei8::Attention*>(op));
    case ei8::Op::Pool:
      return ReadOp(*static_cast<const ei8::Pool*>(op));
    case ei8::Op::Transpose:
      return ReadOp(*static_cast<const ei8::Transpose*>(op));
    case ei8::Op::Requantize:
      return ReadOp(*static_cast<const ei8::Requantize*>(op));
    case ei8::Op::Multiply:
      return ReadOp(*static_cast<const ei8::Multiply*>(op));
    case ei8::Op::MatMul:
      return ReadOp(*static_cast<const ei8::MatMul*>(op));
    case ei8::Op::Softmax:
      return ReadOp(*static_cast<const ei8::Softmax*>(op));
    case ei8::Op::Normalize:
      return ReadOp(*static_cast<const ei8::Normalize*>(op));
    case ei8::Op::WindowPool:
      return ReadOp(*static_cast<const ei8::WindowPool*>(op));
    case ei8::Op::Move:
      return ReadOp(*static_cast<const ei8::Move*>(op));
    case ei8::Op::Resize:
      return ReadOp(*static_cast<const ei8::Resize*>(op));
    case ei8::Op::Recurrent:
      return ReadOp(*static_cast<const ei8::Recurrent*>(op));
    case ei8::Op::Constant:
      return ReadOp(*static_cast<const ei8::Constant*>(op));
    case ei8::Op::NONE:
      break;
  }
  return Fail(Status::kUnknownOp);
}

bool ContentReader::ReadOps() {
  const auto& types = *content_.ops_type();
  const auto& ops = *content_.ops();
  if (ops.size() > kMaxOps) return Fail(Status::kOpCount);
  for (flatbuffers::uoffset_t i = 0; i < ops.size(); ++i) {
    op_ = static_cast<int32_t>(i);
    if (!ReadAnyOp(types.GetEnum<ei8::Op>(i), ops.Get(i))) return false;
  }
  op_ = -1;
  return true;
}

}  // namespace edge_int8::core
