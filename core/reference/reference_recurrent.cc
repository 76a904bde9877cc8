// One direction of a recurrent layer: two products and one step of every unit
// per place.
#include "core/reference/reference_view.h"

namespace edge_int8::core {
namespace {

// Rows of a product: P or H of integer_graph.h at one place. `values` are the
// inputs there without zero point, or the last h.
std::vector<int32_t> GateRows(const std::vector<int8_t>& weights,
                              const std::vector<int32_t>& bias,
                              const std::vector<Multiplier>& scale,
                              const std::vector<int32_t>& values) {
  std::vector<int32_t> rows;
  for (std::size_t row = 0; row < bias.size(); ++row) {
    int32_t acc = bias[row];
    for (std::size_t i = 0; i < values.size(); ++i) {
      acc += weights[row * values.size() + i] * values[i];
    }
    rows.push_back(ClampToInt16(Requantize(acc, scale[row])));
  }
  return rows;
}

// The state of all units, and the step of one kind.
struct Units {
  const RecurrentOp& op;
  std::vector<int32_t> h;
  std::vector<int32_t> c;

  void Step(const std::vector<int32_t>& from_x,
            const std::vector<int32_t>& from_h) {
    const GateTables tables{op.sigmoid.data(), op.tanh.data()};
    const std::size_t hidden = h.size();
    for (std::size_t u = 0; u < hidden; ++u) {
      const auto x = [&](std::size_t gate) {
        return from_x[gate * hidden + u];
      };
      const auto r = [&](std::size_t gate) {
        return from_h[gate * hidden + u];
      };
      switch (op.kind) {
        case RecurrentKind::kGru:
          h[u] = GruStep(tables, {x(0), x(1), x(2)}, {r(0), r(1), r(2)}, h[u]);
          break;
        case RecurrentKind::kLstm:
          h[u] = LstmStep(tables,
                          {x(0) + r(0), x(1) + r(1), x(2) + r(2), x(3) + r(3)},
                          &c[u]);
          break;
        case RecurrentKind::kRnn:
          h[u] = RnnStep(tables, x(0) + r(0));
          break;
      }
    }
  }
};

}  // namespace

Values ReferenceRecurrent(const IntegerGraph& graph, const RecurrentOp& op,
                          const std::vector<Values>& tensors) {
  const TensorView x(graph, tensors, op.input);
  const TensorSpec& out = SpecOf(graph, op.output);
  const auto hidden = static_cast<std::size_t>(out.channels);
  Units units{op, std::vector<int32_t>(hidden), std::vector<int32_t>(hidden)};
  Values y(static_cast<std::size_t>(out.size()));
  for (int step = 0; step < out.width; ++step) {
    const int t = op.reverse ? out.width - 1 - step : step;
    std::vector<int32_t> inputs;
    for (int i = 0; i < x.spec().channels; ++i) inputs.push_back(x.At(i, 0, t));
    units.Step(
        GateRows(op.input_weights, op.input_bias, op.input_scale, inputs),
        GateRows(op.recurrent_weights, op.recurrent_bias, op.recurrent_scale,
                 units.h));
    for (std::size_t u = 0; u < hidden; ++u) {
      y[TensorView::Index(out, static_cast<int>(u), 0, t)] = units.h[u];
    }
  }
  return y;
}

}  // namespace edge_int8::core
