// What divides values by something of the values around them: softmax, and
// layer, instance, group and RMS norms.
#include <array>

#include "core/reference/reference_view.h"

namespace edge_int8::core {

Values ReferenceSoftmax(const IntegerGraph& graph, const SoftmaxOp& op,
                        const std::vector<Values>& tensors) {
  const TensorSpec& in = SpecOf(graph, op.input);
  const Values& x = tensors[static_cast<std::size_t>(op.input)];
  const std::array<int, 3> extents = {in.channels, in.height, in.width};
  const std::array<int, 3> strides = {in.height * in.width, in.width, 1};
  const auto axis = static_cast<std::size_t>(op.axis);
  const auto length = static_cast<std::size_t>(extents[axis]);
  const auto stride = static_cast<std::size_t>(strides[axis]);
  std::vector<int32_t> row(length);
  std::vector<uint32_t> exps(length);
  std::vector<int16_t> p(length);
  Values y(x.size());
  for (std::size_t first = 0; first < x.size(); ++first) {
    if (first / stride % length != 0) continue;  // not where a row begins
    for (std::size_t j = 0; j < length; ++j) row[j] = x[first + j * stride];
    SoftmaxRow(graph.exp_tables, op.logit, op.extra_bits, row.data(),
               static_cast<int>(length), exps.data(), p.data());
    for (std::size_t j = 0; j < length; ++j) y[first + j * stride] = p[j];
  }
  return y;
}

namespace {

// A set of values that are normalized together.
struct Box {
  int first_channel, channels;
  int first_row, rows;
  int first_column, columns;

  template <class Visit>
  void ForEach(const Visit& visit) const {
    for (int c = first_channel; c < first_channel + channels; ++c) {
      for (int h = first_row; h < first_row + rows; ++h) {
        for (int w = first_column; w < first_column + columns; ++w) {
          visit(c, h, w);
        }
      }
    }
  }
};

void NormalizeBox(const NormalizeOp& op, const TensorView& x, const Box& box,
                  Values* y) {
  int64_t n = 0, sum = 0, squares = 0;
  box.ForEach([&](int c, int h, int w) {
    const int64_t value = x.At(c, h, w);
    ++n;
    sum += op.centered ? value : 0;
    squares += value * value;
  });
  const Multiplier inverse = InverseSqrt(n * squares - sum * sum + op.epsilon);
  box.ForEach([&](int c, int h, int w) {
    const auto distance = static_cast<int32_t>(n * x.At(c, h, w) - sum);
    const auto t = static_cast<int32_t>(Requantize(distance, inverse));
    const auto channel = static_cast<std::size_t>(c);
    const int32_t acc = t * op.gain[channel] + op.bias[channel];
    (*y)[TensorView::Index(x.spec(), c, h, w)] =
        Activate(op.activation, Requantize(acc, op.scale));
  });
}

}  // namespace

Values ReferenceNormalize(const IntegerGraph& graph, const NormalizeOp& op,
                          const std::vector<Values>& tensors) {
  const TensorView x(graph, tensors, op.input);
  const TensorSpec& in = x.spec();
  const bool each_channel = op.over == NormalizeOver::kInstance;
  const bool each_place = op.over == NormalizeOver::kLayer;
  const int channels = each_channel ? 1 : in.channels / op.groups;
  const int rows = each_place ? 1 : in.height;
  const int columns = each_place ? 1 : in.width;
  Values y(static_cast<std::size_t>(in.size()));
  for (int c = 0; c < in.channels; c += channels) {
    for (int h = 0; h < in.height; h += rows) {
      for (int w = 0; w < in.width; w += columns) {
        NormalizeBox(op, x, {c, channels, h, rows, w, columns}, &y);
      }
    }
  }
  return y;
}

}  // namespace edge_int8::core
