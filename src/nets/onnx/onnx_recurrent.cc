// GRU, LSTM and RNN: one Recurrent node per direction, with the gates put into
// PyTorch's order.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_elementwise.h"

namespace edge_int8 {
namespace {

// The graph's gate g is the file's gate order[g].
struct CellKind {
  RecurrentKind kind;
  std::vector<int> order;
  std::vector<std::string> activations;  // of one direction
  bool has_state = false;                // a second state, the LSTM's cell
};

struct Layer {
  CellKind cell;
  int hidden = 1;
  int64_t directions = 1;
  int64_t length = 1;
  bool batch_first = false;
};

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void CheckActivations(const OnnxCall& call, const CellKind& cell) {
  const auto found = call.node.attributes.find("activations");
  if (found == call.node.attributes.end()) return;
  const std::vector<std::string>& given = found->second.texts;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (LowerCase(given[i]) != cell.activations[i % cell.activations.size()]) {
      call.Fail(fmt::format("its activation {} is {}; expected {}", i, given[i],
                            cell.activations[i % cell.activations.size()]));
    }
  }
}

// Initial states must be zeros: what PyTorch's modules begin with.
void CheckZero(const OnnxCall& call, std::size_t input, std::string_view what) {
  if (!call.Given(input)) return;
  const OnnxArray& state = call.ConstantInput(input, what);
  call.Expect(
      std::ranges::all_of(state.values, [](double v) { return v == 0; }),
      fmt::format("its {} is not zero", what));
}

void CheckLengths(const OnnxCall& call, int64_t length) {
  if (!call.Given(4)) return;
  for (const double v : call.ConstantInput(4, "sequence_lens").values) {
    call.Expect(v == static_cast<double>(length),
                "its sequence_lens are shorter than its input");
  }
}

// [gates * hidden][width] of one direction of W, R or half of B, its gates in
// the graph's order.
std::vector<double> Gates(const Layer& layer, const OnnxArray& array,
                          int64_t first, int64_t width) {
  std::vector<double> values;
  const int64_t gate = layer.hidden * width;
  for (const int from : layer.cell.order) {
    const auto at = array.values.begin() + first + from * gate;
    values.insert(values.end(), at, at + gate);
  }
  return values;
}

TensorId Direction(const OnnxCall& call, const Layer& layer, TensorId input,
                   int64_t direction, bool reverse) {
  const int64_t rows =
      static_cast<int64_t>(layer.cell.order.size()) * layer.hidden;
  const int64_t features = call.emitter.extent(input).channels;
  OnnxEmitter& emitter = call.emitter;
  Recurrent op{layer.cell.kind, layer.hidden, reverse, {}, {}, {}, {}};
  op.input_weight =
      emitter.AddParameter("input_weight", {rows, features},
                           Gates(layer, call.ConstantInput(1, "W"),
                                 direction * rows * features, features));
  op.recurrent_weight = emitter.AddParameter(
      "recurrent_weight", {rows, layer.hidden},
      Gates(layer, call.ConstantInput(2, "R"), direction * rows * layer.hidden,
            layer.hidden));
  std::vector<double> input_bias(AsSize(rows), 0);
  std::vector<double> recurrent_bias(AsSize(rows), 0);
  if (call.Given(3)) {
    const OnnxArray& bias = call.ConstantInput(3, "B");
    input_bias = Gates(layer, bias, direction * 2 * rows, 1);
    recurrent_bias = Gates(layer, bias, direction * 2 * rows + rows, 1);
  }
  op.input_bias = emitter.AddParameter("input_bias", {rows}, input_bias);
  op.recurrent_bias =
      emitter.AddParameter("recurrent_bias", {rows}, recurrent_bias);
  return emitter.Append(std::move(op), {input});
}

// A direction's output as [length][1][1][hidden].
OnnxValue DirectionValue(const Layer& layer, TensorId base) {
  OnnxValue value;
  value.base = base;
  value.view.axes = {Joined({{layer.length, 1}}),
                     {},
                     {},
                     Joined({{layer.hidden, layer.length}})};
  return value;
}

Layer LayerOf(const OnnxCall& call, CellKind cell) {
  const Shape in = call.Input(0).shape();
  const Shape& w = call.ConstantInput(1, "W").shape;
  const Shape& r = call.ConstantInput(2, "R").shape;
  call.Expect(in.size() == 3 && w.size() == 3 && r.size() == 3,
              "its inputs have not three axes");
  Layer layer{std::move(cell), 1, w[0], 1, call.Int("layout", 0) != 0};
  layer.hidden =
      call.Small(call.Int("hidden_size", r[2]), 1, "its hidden size");
  layer.length = in[layer.batch_first ? 1 : 0];
  const int64_t batch = in[layer.batch_first ? 0 : 1];
  if (batch != 1) {
    call.Fail(
        fmt::format("it runs {} sequences of a window at once; expected "
                    "one",
                    batch));
  }
  const int64_t rows =
      static_cast<int64_t>(layer.cell.order.size()) * layer.hidden;
  const std::string direction = call.Text("direction", "forward");
  call.Expect(
      layer.directions == (direction == "bidirectional" ? 2 : 1) &&
          r[0] == layer.directions && w[1] == rows && r[1] == rows &&
          w[2] == in[2] && r[2] == layer.hidden &&
          (!call.Given(3) ||
           call.ConstantInput(3, "B").size() == layer.directions * 2 * rows),
      fmt::format("input {}, W {}, R {} and direction {} don't fit",
                  ShapeText(in), ShapeText(w), ShapeText(r), direction));
  call.Expect(call.Float("clip", 0) == 0, "it clips its cells");
  CheckActivations(call, layer.cell);
  CheckLengths(call, layer.length);
  CheckZero(call, 5, "initial_h");
  if (layer.cell.has_state) {
    CheckZero(call, 6, "initial_c");
    CheckZero(call, 7, "peepholes");
    call.Expect(call.Int("input_forget", 0) == 0, "it couples its gates");
  }
  return layer;
}

OnnxResult RecurrentOutputs(const OnnxCall& call, const Layer& layer) {
  const std::string direction = call.Text("direction", "forward");
  const int feature = 2;
  const int time = layer.batch_first ? 1 : 0;
  const OnnxValue x =
      Arranged(call.emitter, call.Input(0), {{{feature}, {1 - time}, {time}}});
  std::vector<OnnxValue> whole;
  std::vector<OnnxValue> last;
  for (int64_t d = 0; d < layer.directions; ++d) {
    const bool reverse = direction == "reverse" || d == 1;
    whole.push_back(
        DirectionValue(layer, Direction(call, layer, x.base, d, reverse)));
    last.push_back(
        Sliced(call, whole.back(), 0, reverse ? 0 : layer.length - 1, 1, 1));
  }
  // [length][directions][1][hidden], or for one place [directions][1][hidden].
  const auto joined = [&](const std::vector<OnnxValue>& parts, int64_t length) {
    if (parts.size() == 1) return parts[0];
    return Assembled(
        call, {{parts[0], {0, 0, 0, 0}, {}}, {parts[1], {0, 1, 0, 0}, {}}},
        {length, layer.directions, 1, layer.hidden}, 0);
  };
  const auto used = [&](std::size_t i) {
    return i < call.node.outputs.size() && !call.node.outputs[i].empty();
  };
  OnnxResult result(std::max<std::size_t>(1, call.node.outputs.size()));
  if (used(0)) {
    const OnnxValue y = joined(whole, layer.length);
    result[0] =
        layer.batch_first ? Viewed(y, PermutedView(y.view, {2, 0, 1, 3})) : y;
  }
  if (used(1)) {
    const OnnxValue h =
        Reshaped(call, joined(last, 1), {layer.directions, 1, layer.hidden});
    result[1] =
        layer.batch_first ? Viewed(h, PermutedView(h.view, {1, 0, 2})) : h;
  }
  return result;
}

OnnxResult GruOp(const OnnxCall& call) {
  call.Expect(call.Int("linear_before_reset", 0) != 0,
              "its linear_before_reset is 0; expected 1, as PyTorch writes it");
  return RecurrentOutputs(
      call,
      LayerOf(call,
              {RecurrentKind::kGru, {1, 0, 2}, {"sigmoid", "tanh"}, false}));
}

// Its last output, the cell at the end, stays unset: whoever reads it is told.
OnnxResult LstmOp(const OnnxCall& call) {
  return RecurrentOutputs(call, LayerOf(call, {RecurrentKind::kLstm,
                                               {0, 2, 3, 1},
                                               {"sigmoid", "tanh", "tanh"},
                                               true}));
}

OnnxResult RnnOp(const OnnxCall& call) {
  return RecurrentOutputs(
      call, LayerOf(call, {RecurrentKind::kRnn, {0}, {"tanh"}, false}));
}

}  // namespace

void AddRecurrentOps(OnnxHandlers& handlers) {
  handlers["GRU"] = GruOp;
  handlers["LSTM"] = LstmOp;
  handlers["RNN"] = RnnOp;
}

}  // namespace edge_int8
