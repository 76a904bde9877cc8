#include "tests/testing/random_integer_graph.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/container/validate.h"
#include "tests/testing/graph_grower.h"

namespace edge_int8::core {

Multiplier MultiplierOf(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);  // in [0.5, 1)
  auto mantissa = static_cast<int64_t>(std::llround(std::ldexp(fraction, 31)));
  if (mantissa == int64_t{1} << 31) {
    mantissa >>= 1;
    ++exponent;
  }
  const int shift = 31 - exponent;
  if (shift > 62) return {0, 1};
  if (shift < 1) return {(int64_t{1} << 31) - 1, 1};
  return {static_cast<int32_t>(mantissa), shift};
}

ExpTables RealExpTables() {
  ExpTables tables;
  for (std::size_t i = 0; i < 256; ++i) {
    const auto d = static_cast<double>(i);
    tables.coarse[i] =
        static_cast<uint16_t>(std::lround(32768 * std::exp(-d / 16)));
    tables.fine[i] =
        static_cast<uint16_t>(std::lround(32768 * std::exp(-d / 4096)));
  }
  return tables;
}

GraphGrower::GraphGrower(Choices& choices, const RandomGraphOptions& options)
    : choices_(choices), options_(options) {
  graph_.name = "random";
  graph_.exp_tables = RealExpTables();
  graph_.tensors.emplace_back();
  const bool flat = choices_.OneIn(3);
  TensorSpec& x = graph_.tensors[0];
  x.name = "x";
  x.channels = choices_.Between(1, 20);
  x.height = flat ? 1 : choices_.Between(1, 10);
  x.width = choices_.Between(1, 14);
  x.zero_point = choices_.OneIn(3) ? choices_.Below(256) : 0;
}

double GraphGrower::Spread(int32_t id) const {
  if (spec(id).type == Type::kS16) return 16000;
  return 70;
}

double GraphGrower::ReachOf(int32_t id) const {
  return spec(id).type == Type::kS16 ? 32768 : 256;
}

int32_t GraphGrower::PickStored() {
  std::vector<int32_t> stored;
  for (int32_t id = 0; id <= last(); ++id) {
    if (spec(id).type != Type::kS32) stored.push_back(id);
  }
  // The newest half of the time, so that graphs grow deep.
  if (choices_.OneIn(2)) return stored.back();
  return stored[static_cast<std::size_t>(
      choices_.Below(static_cast<int64_t>(stored.size())))];
}

Type GraphGrower::PickType() { return static_cast<Type>(choices_.Below(3)); }

int32_t GraphGrower::NewTensor(const Extents& extents, Type type,
                               int32_t zero) {
  TensorSpec& t = graph_.tensors.emplace_back();
  t.name = std::string("t").append(std::to_string(graph_.tensors.size() - 1));
  t.channels = extents[0];
  t.height = extents[1];
  t.width = extents[2];
  t.type = type;
  t.zero_point = zero;
  return last();
}

std::vector<int16_t> GraphGrower::RandomTable(std::size_t entries, int32_t low,
                                              int32_t high) {
  Rng rng = choices_.Bulk();
  const auto span = static_cast<uint64_t>(high - low + 1);
  std::vector<int16_t> table;
  for (std::size_t i = 0; i < entries; ++i) {
    table.push_back(
        static_cast<int16_t>(low + static_cast<int32_t>(rng.Below(span))));
  }
  return table;
}

namespace {

// What a stored type holds; s8 often without -128, as lowering makes it.
struct Ends {
  int32_t low, high;
};

Ends EndsOf(Type type) {
  if (type == Type::kU8) return {0, 255};
  if (type == Type::kS8) return {-127, 127};
  return {-32768, 32767};
}

}  // namespace

Activation GraphGrower::MakeActivation(Type type) {
  const Ends ends = EndsOf(type);
  Activation a;
  a.kind = static_cast<TableKind>(std::max(0, choices_.Below(4) - 1));
  if (a.kind == TableKind::kNone) {
    a.low = ends.low;
    a.high = ends.high;
    a.zero = type == Type::kU8 ? choices_.Below(256) : 0;
    if (choices_.OneIn(4)) a.low = std::min(a.zero, a.high - 1);  // a ReLU
    return a;
  }
  std::size_t entries = kInterpolateEntries;
  if (a.kind == TableKind::kLookup) {
    const int bits = choices_.OneIn(3) ? 12 : 8;
    entries = std::size_t{1} << bits;
    a.low = choices_.OneIn(2) ? -(1 << (bits - 1)) : 0;
    a.high = a.low + (1 << bits) - 1;
    a.zero = choices_.Between(a.low, a.high);
  } else {
    a.low = -32767;
    a.high = 32767;
  }
  a.table = RandomTable(entries, ends.low, ends.high);
  return a;
}

Multiplier GraphGrower::Near(double value) {
  Multiplier m = MultiplierOf(value * choices_.Uniform(0.5, 2));
  if (options_.float_multipliers && m.mantissa != 0 && choices_.OneIn(2)) {
    m.mantissa = (m.mantissa & ~255) | 128;  // MakeFloatMultiplier()
  }
  return m;
}

Multiplier GraphGrower::MakeOutput(const Extents& extents, double spread,
                                   Type type, Activation* activation,
                                   int32_t* output) {
  *activation = MakeActivation(type);
  const bool plain = activation->kind == TableKind::kNone;
  const int32_t zero = type != Type::kU8 ? 0
                       : plain           ? activation->zero
                                         : choices_.Below(256);
  *output = NewTensor(extents, type, zero);
  const double range = activation->high - activation->low;
  return Near(0.25 * range / spread);
}

Multiplier GraphGrower::MakeOutput(const Extents& extents, double spread,
                                   Activation* activation, int32_t* output) {
  return MakeOutput(extents, spread, PickType(), activation, output);
}

bool GraphGrower::Keep(IntegerOp op) {
  graph_.output = std::visit([](const auto& o) { return o.output; }, op);
  graph_.ops.push_back(std::move(op));
  return spec(graph_.output).size() <= options_.max_values &&
         ValidateGraph(graph_).ok();
}

int32_t GraphGrower::AsType(int32_t id, Type type, int32_t low) {
  RequantizeOp op;
  op.input = id;
  const Ends ends = EndsOf(type);
  op.activation.low = low;
  op.activation.high = ends.high;
  op.activation.zero = type == Type::kU8 && low == 0 ? choices_.Below(256) : 0;
  op.output = NewTensor(ExtentsOf(id), type, op.activation.zero);
  op.scale = Near((ends.high - low) * 0.25 / Spread(id));
  return Keep(op) ? op.output : -1;
}

bool GraphGrower::Grow(OpKind kind) {
  const auto grow = [&] {
    switch (kind) {
      case OpKind::kConv:
        return GrowConv();
      case OpKind::kAdd:
        return GrowAdd();
      case OpKind::kAttention:
        return GrowAttention();
      case OpKind::kPool:
        return GrowPool();
      case OpKind::kTranspose:
        return GrowTranspose();
      case OpKind::kRequantize:
        return GrowRequantize();
      case OpKind::kMultiply:
        return GrowMultiply();
      case OpKind::kMatMul:
        return GrowMatMul();
      case OpKind::kSoftmax:
        return GrowSoftmax();
      case OpKind::kNormalize:
        return GrowNormalize();
      case OpKind::kWindowPool:
        return GrowWindowPool();
      case OpKind::kMove:
        return GrowMove();
      case OpKind::kResize:
        return GrowResize();
      case OpKind::kRecurrent:
        return GrowRecurrent();
      case OpKind::kConstant:
        return GrowConstant();
    }
    return false;
  };
  IntegerGraph before = graph_;
  if (grow()) return true;
  graph_ = std::move(before);
  return false;
}

namespace {

void Describe(Choices& choices, Activation* activation) {
  if (choices.OneIn(2)) return;
  activation->function = choices.OneIn(2) ? "silu" : "x 2 mul 1 add";
  activation->pre_scale = static_cast<float>(choices.Uniform(0.001, 0.1));
}

std::vector<float> RandomScales(Choices& choices, std::size_t count) {
  std::vector<float> scales;
  Rng rng = choices.Bulk();
  for (std::size_t i = 0; i < count; ++i) {
    scales.push_back(static_cast<float>(rng.Uniform(0.001, 0.1)));
  }
  return scales;
}

}  // namespace

IntegerGraph GraphGrower::Finish() {
  if (options_.described) {
    for (TensorSpec& t : graph_.tensors) {
      const auto channels = static_cast<std::size_t>(t.channels);
      t.scales = RandomScales(choices_, choices_.OneIn(3) ? channels : 1);
    }
    for (IntegerOp& any : graph_.ops) {
      std::visit(
          [&](auto& op) {
            if constexpr (requires { op.activation; }) {
              Describe(choices_, &op.activation);
            }
          },
          any);
    }
    const TensorSpec& x = spec(0);
    const TensorSpec& y = spec(graph_.output);
    graph_.input_shape = {x.channels * x.height, 1, x.width};
    graph_.output_shape = {y.channels, y.height * y.width};
    graph_.output_scale = 0.125f;
  }
  return std::move(graph_);
}

IntegerGraph RandomIntegerGraph(Choices& choices,
                                const RandomGraphOptions& options) {
  GraphGrower grower(choices, options);
  int grown = 0;
  for (int attempt = 0; grown < options.ops && attempt < 2 * options.ops;
       ++attempt) {
    if (choices.exhausted() && grown > 0) break;
    grown += grower.Grow(static_cast<OpKind>(choices.Below(kOpKinds)));
  }
  const OpKind last = options.last.value_or(OpKind::kRequantize);
  bool done = !options.last.has_value() && grown > 0;
  for (int attempt = 0; !done && attempt < 8; ++attempt) {
    done = grower.Grow(last);
  }
  // Constants are no function of the input, but always fit.
  if (!done) done = grower.Grow(OpKind::kConstant);
  // Not Check(): this is linked without src/base for other machines.
  if (!done) throw std::logic_error("a random graph came out empty");
  return grower.Finish();
}

std::vector<uint8_t> RandomWindow(const IntegerGraph& graph, uint64_t seed) {
  Rng rng(seed);
  std::vector<uint8_t> window(
      static_cast<std::size_t>(graph.tensors[0].size()));
  for (uint8_t& value : window) value = static_cast<uint8_t>(rng.Next() >> 56);
  return window;
}

}  // namespace edge_int8::core
