// What gathers the values of several places of a channel: pools and resizing.
#include <algorithm>

#include "core/reference/reference_view.h"

namespace edge_int8::core {

Values ReferencePool(const IntegerGraph& graph, const PoolOp& op,
                     const Values& x) {
  const TensorSpec& in = SpecOf(graph, op.input);
  Values y;
  for (int c = 0; c < in.channels; ++c) {
    for (int bin = 0; bin < op.bins; ++bin) {
      const int begin = bin * in.height / op.bins;
      const int end = ((bin + 1) * in.height + op.bins - 1) / op.bins;
      int32_t sum = 0;
      for (int n = begin * in.width; n < end * in.width; ++n) {
        sum += x[static_cast<std::size_t>(c * in.height * in.width + n)];
      }
      if (!op.bin_scale.empty()) {
        const Multiplier scale = op.bin_scale[static_cast<std::size_t>(bin)];
        sum = static_cast<int32_t>(Requantize(sum, scale));
      }
      y.push_back(sum);
    }
  }
  return y;
}

namespace {

int32_t LargestStored(const TensorView& x, int c, const PlaceRange& rows,
                      const PlaceRange& cols) {
  int32_t largest = x.Stored(c, rows.begin, cols.begin);
  for (int h = rows.begin; h < rows.end; ++h) {
    for (int w = cols.begin; w < cols.end; ++w) {
      largest = std::max(largest, x.Stored(c, h, w));
    }
  }
  return largest;
}

int32_t SumOver(const TensorView& x, int c, const PlaceRange& rows,
                const PlaceRange& cols) {
  int32_t sum = 0;
  for (int h = rows.begin; h < rows.end; ++h) {
    for (int w = cols.begin; w < cols.end; ++w) sum += x.At(c, h, w);
  }
  return sum;
}

}  // namespace

Values ReferenceWindowPool(const IntegerGraph& graph, const WindowPoolOp& op,
                           const std::vector<Values>& tensors) {
  const TensorView x(graph, tensors, op.input);
  return FillTensor(SpecOf(graph, op.output), [&](int c, int i, int j) {
    const PlaceRange& rows = op.rows[static_cast<std::size_t>(i)];
    const PlaceRange& cols = op.cols[static_cast<std::size_t>(j)];
    if (op.kind == PoolKind::kMax) return LargestStored(x, c, rows, cols);
    const std::size_t place = static_cast<std::size_t>(i) * op.cols.size() +
                              static_cast<std::size_t>(j);
    const Multiplier scale = op.scale[op.scale.size() == 1 ? 0 : place];
    return Activate(op.activation,
                    Requantize(SumOver(x, c, rows, cols), scale));
  });
}

Values ReferenceResize(const IntegerGraph& graph, const ResizeOp& op,
                       const std::vector<Values>& tensors) {
  const TensorView x(graph, tensors, op.input);
  return FillTensor(SpecOf(graph, op.output), [&](int c, int i, int j) {
    const ResizeTap& row = op.rows[static_cast<std::size_t>(i)];
    const ResizeTap& col = op.cols[static_cast<std::size_t>(j)];
    const auto across = [&](int h) {
      return (kResizeOne - col.weight) * x.At(c, h, col.first) +
             col.weight * x.At(c, h, col.second);
    };
    const int32_t sum = (kResizeOne - row.weight) * across(row.first) +
                        row.weight * across(row.second);
    return Activate(op.activation, Requantize(sum, op.scale));
  });
}

}  // namespace edge_int8::core
