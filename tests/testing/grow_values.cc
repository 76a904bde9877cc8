// Operators that work value by value, or with the values of a line or a set.
#include <algorithm>
#include <cmath>

#include "core/arith/normalize.h"
#include "tests/testing/graph_grower.h"

namespace edge_int8::core {

// A tensor that is repeated along some axes to have `base`'s extents, or one of
// the same extents.
int32_t GraphGrower::Broadcastable(int32_t base) {
  const Extents out = ExtentsOf(base);
  std::vector<int32_t> fitting;
  for (int32_t id = 0; id <= last(); ++id) {
    const Extents in = ExtentsOf(id);
    bool fits = spec(id).type != Type::kS32;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      fits = fits && (in[axis] == out[axis] || in[axis] == 1);
    }
    if (fits) fitting.push_back(id);
  }
  if (choices_.OneIn(3)) {  // A constant along some axes.
    Extents some = out;
    for (int32_t& extent : some) extent = choices_.OneIn(2) ? extent : 1;
    ConstantOp op;
    op.output = NewTensor(some, Type::kS8, 0);
    op.values =
        RandomTable(static_cast<std::size_t>(spec(last()).size()), -128, 127);
    if (Keep(std::move(op))) return last();
  }
  return fitting[static_cast<std::size_t>(
      choices_.Below(static_cast<int64_t>(fitting.size())))];
}

bool GraphGrower::GrowAdd() {
  AddOp op;
  op.fraction_bits = choices_.Between(1, 15);
  const int32_t base = PickStored();
  const int terms = choices_.OneIn(3) ? choices_.Between(2, 8) : 2;
  const int bits = 24 - op.fraction_bits;  // of a term's whole part
  for (int i = 0; i < terms; ++i) {
    AddTerm term;
    term.tensor = i == 0 ? base : Broadcastable(base);
    term.rescale = spec(term.tensor).type != Type::kS16 || choices_.OneIn(2);
    term.negate = choices_.OneIn(3);
    if (term.rescale) {
      term.scale =
          Near(std::ldexp(std::min(bits, 7) == 7 ? 80 : 40, op.fraction_bits) /
               Spread(term.tensor));
    }
    op.terms.push_back(term);
  }
  std::rotate(op.terms.begin(), op.terms.begin() + choices_.Below(terms),
              op.terms.end());
  op.activation = MakeActivation(PickType());
  const Type type = op.activation.high > 255 || op.activation.low < -128 ||
                            op.activation.kind != TableKind::kNone
                        ? Type::kS16
                    : op.activation.low < 0 ? Type::kS8
                                            : Type::kU8;
  op.output = NewTensor(ExtentsOf(base), type,
                        type == Type::kU8 ? op.activation.zero : 0);
  return Keep(std::move(op));
}

bool GraphGrower::GrowRequantize() {
  RequantizeOp op;
  op.input = PickStored();
  op.scale = MakeOutput(ExtentsOf(op.input), Spread(op.input), &op.activation,
                        &op.output);
  return Keep(std::move(op));
}

bool GraphGrower::GrowMultiply() {
  MultiplyOp op;
  op.a = PickStored();
  op.b = Broadcastable(op.a);
  const Extents out = ExtentsOf(op.a);
  const double spread = Spread(op.a) * Spread(op.b);
  if (choices_.OneIn(2)) std::swap(op.a, op.b);
  op.scale = MakeOutput(out, spread, &op.activation, &op.output);
  return Keep(std::move(op));
}

bool GraphGrower::GrowSoftmax() {
  SoftmaxOp op;
  op.input = PickStored();
  op.axis = choices_.Below(3);
  op.extra_bits = choices_.OneIn(2) ? choices_.Below(kMaxExtraBits + 1) : 0;
  op.logit = Near(4096 / Spread(op.input));
  op.output = NewTensor(ExtentsOf(op.input), Type::kS16, 0);
  return Keep(op);
}

bool GraphGrower::GrowNormalize() {
  NormalizeOp op;
  op.input = PickStored();
  const TensorSpec in = spec(op.input);
  op.over = static_cast<NormalizeOver>(choices_.Below(3));
  std::vector<int32_t> divisors;
  for (int32_t d = 1; d <= in.channels; ++d) {
    if (in.channels % d == 0) divisors.push_back(d);
  }
  op.groups = divisors[static_cast<std::size_t>(
      choices_.Below(static_cast<int64_t>(divisors.size())))];
  op.centered = !choices_.OneIn(3);
  op.epsilon = choices_.OneIn(4) ? int64_t{1} << choices_.Below(40)
                                 : choices_.Between(1, 1000);
  // |t| is below 2^12 * sqrt(n) + 2, n below the tensor's size.
  const double reach = static_cast<double>(NormalizedReach(in.size()));
  const auto limit = static_cast<int32_t>(std::min(8191.0, 0x1.0p30 / reach));
  Rng rng = choices_.Bulk();
  for (int32_t c = 0; c < in.channels; ++c) {
    op.gain.push_back(
        static_cast<int16_t>(std::lround(rng.Uniform(-1, 1) * limit)));
    op.bias.push_back(static_cast<int32_t>(rng.Uniform(-1, 1) * limit * 4096));
  }
  op.scale = MakeOutput(ExtentsOf(op.input), 0.6 * limit * 4096, &op.activation,
                        &op.output);
  return Keep(std::move(op));
}

bool GraphGrower::GrowConstant() {
  ConstantOp op;
  const Extents extents = {choices_.Between(1, 12), choices_.Between(1, 6),
                           choices_.Between(1, 8)};
  const Type type = PickType();
  const int32_t zero = type == Type::kU8 ? choices_.Below(256) : 0;
  op.output = NewTensor(extents, type, zero);
  const int32_t low = type == Type::kU8 ? 0 : type == Type::kS8 ? -128 : -32768;
  const int32_t high = type == Type::kU8   ? 255
                       : type == Type::kS8 ? 127
                                           : 32767;
  op.values =
      RandomTable(static_cast<std::size_t>(spec(op.output).size()), low, high);
  return Keep(std::move(op));
}

}  // namespace edge_int8::core
