#include "src/graph/value_loops.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

void MoveAxis(const MoveTerm& term, std::size_t axis, const float* from,
              float* to) {
  if (axis == term.dims.size()) {
    *to = *from;
    return;
  }
  const MoveDim& d = term.dims[axis];
  for (int i = 0; i < d.extent; ++i) {
    MoveAxis(term, axis + 1, from + i * d.input_stride,
             to + i * d.output_stride);
  }
}

// The values that are normalized together: channels [first, last) at places
// [begin, end) of each.
struct Patch {
  int first, last, begin, end;
};

void NormalizePatch(const Normalize& norm, const Patch& p, int area,
                    const float* x, const float* scale, const float* bias,
                    float* y) {
  double sum = 0, squares = 0;
  const double count = double{1} * (p.last - p.first) * (p.end - p.begin);
  for (int c = p.first; c < p.last && norm.centered; ++c) {
    for (int i = p.begin; i < p.end; ++i) sum += double{x[c * area + i]};
  }
  const double mean = sum / count;
  for (int c = p.first; c < p.last; ++c) {
    for (int i = p.begin; i < p.end; ++i) {
      const double d = double{x[c * area + i]} - mean;
      squares += d * d;
    }
  }
  const double inverse = 1 / std::sqrt(squares / count + norm.epsilon);
  for (int c = p.first; c < p.last; ++c) {
    const double gain = inverse * (scale == nullptr ? 1.0 : double{scale[c]});
    const double shift = bias == nullptr ? 0.0 : double{bias[c]};
    for (int i = p.begin; i < p.end; ++i) {
      y[c * area + i] =
          static_cast<float>((double{x[c * area + i]} - mean) * gain + shift);
    }
  }
}

float Sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// One layer's state, and its step from one place to the next.
class RecurrentCell {
 public:
  explicit RecurrentCell(const RecurrentWeights& w)
      : w_(w),
        rows_(GateCount(w.op.kind) * w.op.hidden),
        input_(AsSize(rows_)),
        state_(AsSize(rows_)),
        h_(AsSize(w.op.hidden)),
        c_(AsSize(w.op.hidden)) {}

  const std::vector<float>& Step(std::span<const float> x) {
    Product(w_.input_weight, w_.input_bias, x, input_);
    Product(w_.recurrent_weight, w_.recurrent_bias, h_, state_);
    for (int j = 0; j < w_.op.hidden; ++j) Unit(AsSize(j));
    return h_;
  }

 private:
  void Product(const float* weight, const float* bias, std::span<const float> x,
               std::vector<float>& y) const {
    for (std::size_t r = 0; r < y.size(); ++r) {
      float sum = bias[r];
      for (std::size_t i = 0; i < x.size(); ++i) {
        sum += weight[r * x.size() + i] * x[i];
      }
      y[r] = sum;
    }
  }
  float Gate(std::size_t gate, std::size_t j) const {
    const std::size_t row = gate * h_.size() + j;
    return input_[row] + state_[row];
  }
  // h_ of other units is not read any more: both products are done.
  void Unit(std::size_t j) {
    switch (w_.op.kind) {
      case RecurrentKind::kGru: {
        const std::size_t n_row = 2 * h_.size() + j;
        const float r = Sigmoid(Gate(0, j)), z = Sigmoid(Gate(1, j));
        const float n = std::tanh(input_[n_row] + r * state_[n_row]);
        h_[j] = (1 - z) * n + z * h_[j];
        return;
      }
      case RecurrentKind::kLstm: {
        const float i = Sigmoid(Gate(0, j)), f = Sigmoid(Gate(1, j));
        const float g = std::tanh(Gate(2, j)), o = Sigmoid(Gate(3, j));
        c_[j] = f * c_[j] + i * g;
        h_[j] = o * std::tanh(c_[j]);
        return;
      }
      case RecurrentKind::kRnn:
        h_[j] = std::tanh(Gate(0, j));
    }
  }

  const RecurrentWeights& w_;
  int rows_;
  std::vector<float> input_, state_;  // of both products, by row
  std::vector<float> h_, c_;
};

}  // namespace

void MoveValues(const Move& move,
                const std::vector<std::span<const float>>& inputs, float* y) {
  std::fill_n(y, move.out.size(), move.fill);
  for (const MoveTerm& term : move.terms) {
    MoveAxis(term, 0, inputs[AsSize(term.input)].data() + term.input_offset,
             y + term.output_offset);
  }
}

void ResizeValues(const Resize& resize, const Extent& in, const float* x,
                  float* y) {
  for (int c = 0; c < in.channels; ++c) {
    const float* channel = x + int64_t{c} * in.height * in.width;
    for (const ResizeTap& r : resize.rows) {
      const float* first = channel + r.first * in.width;
      const float* second = channel + r.second * in.width;
      for (const ResizeTap& s : resize.cols) {
        const float a =
            (1 - s.weight) * first[s.first] + s.weight * first[s.second];
        const float b =
            (1 - s.weight) * second[s.first] + s.weight * second[s.second];
        *y++ = (1 - r.weight) * a + r.weight * b;
      }
    }
  }
}

void NormalizeValues(const Normalize& norm, const Extent& in, const float* x,
                     const float* scale, const float* bias, float* y) {
  const int area = in.height * in.width;
  const bool instance = norm.over == NormalizeOver::kInstance;
  const int span = instance ? 1 : in.channels / norm.groups;
  for (int first = 0; first < in.channels; first += span) {
    if (norm.over == NormalizeOver::kLayer) {
      for (int i = 0; i < area; ++i) {
        NormalizePatch(norm, {first, first + span, i, i + 1}, area, x, scale,
                       bias, y);
      }
    } else {
      NormalizePatch(norm, {first, first + span, 0, area}, area, x, scale, bias,
                     y);
    }
  }
}

void RunRecurrent(const RecurrentWeights& weights, const float* x, float* y) {
  RecurrentCell cell(weights);
  std::vector<float> place(AsSize(weights.features));
  const int steps = weights.steps;
  for (int n = 0; n < steps; ++n) {
    const int t = weights.op.reverse ? steps - 1 - n : n;
    for (int f = 0; f < weights.features; ++f) {
      place[AsSize(f)] = x[f * steps + t];
    }
    const std::vector<float>& h = cell.Step(place);
    for (std::size_t j = 0; j < h.size(); ++j)
      y[AsSize(t) + j * AsSize(steps)] = h[j];
  }
}

}  // namespace edge_int8
