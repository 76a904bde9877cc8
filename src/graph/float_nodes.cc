#include "src/graph/float_nodes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "src/base/as_size.h"
#include "src/graph/value_loops.h"

namespace edge_int8 {
namespace {

using Inputs = std::vector<std::span<const float>>;

// Computes one node; a member per operator.
struct NodeLoops {
  const Model& model;
  const Node& node;
  const Inputs& inputs;
  float* y;
  const float* x = inputs.empty() ? nullptr : inputs[0].data();
  Extent in = inputs.empty() ? Extent{} : model.graph.extent(node.inputs[0]);
  Extent out = model.graph.extent(node.output);

  const float* Values(const std::string& parameter) const {
    return model.Parameter(parameter).data.data();
  }
  // The bias of a channel, 0 where the operator has none.
  float Bias(const std::string& parameter, int channel) const {
    return parameter.empty() ? 0.0f : Values(parameter)[channel];
  }

  // One kernel tap into one output row: row[w] += weight * x[.. w ..].
  void ConvTap(const Conv& c, const float* x_row, float weight, int kw,
               float* row) const {
    const int shift = kw * c.dilation_w - c.pad_left;
    int begin = 0, end = out.width;  // Positions that read inside x.
    while (begin < end && begin * c.stride_w + shift < 0) ++begin;
    while (end > begin && (end - 1) * c.stride_w + shift >= in.width) --end;
    for (int w = begin; w < end; ++w) {
      row[w] += weight * x_row[w * c.stride_w + shift];
    }
  }

  void ConvRow(const Conv& c, int o, int h, float* row) const {
    const int in_per_group = in.channels / c.groups;
    const int first_in = o / (c.out_channels / c.groups) * in_per_group;
    const float* weight = Values(c.weight) + std::ptrdiff_t{o} * in_per_group *
                                                 c.kernel_h * c.kernel_w;
    std::fill_n(row, out.width, Bias(c.bias, o));
    for (int i = 0; i < in_per_group; ++i) {
      for (int kh = 0; kh < c.kernel_h; ++kh) {
        const int x_h = h * c.stride_h + kh * c.dilation_h - c.pad_top;
        const bool inside = x_h >= 0 && x_h < in.height;
        for (int kw = 0; kw < c.kernel_w; ++kw, ++weight) {
          if (!inside) continue;
          ConvTap(c, x + ((first_in + i) * in.height + x_h) * in.width, *weight,
                  kw, row);
        }
      }
    }
  }

  void operator()(const Conv& c) const {
    for (int o = 0; o < out.channels; ++o) {
      for (int h = 0; h < out.height; ++h) {
        ConvRow(c, o, h, y + (o * out.height + h) * out.width);
      }
    }
  }

  void operator()(const BatchNorm& norm) const {
    const float* mean = Values(norm.prefix + ".running_mean");
    const float* variance = Values(norm.prefix + ".running_var");
    const float* weight = Values(norm.prefix + ".weight");
    const float* bias = Values(norm.prefix + ".bias");
    const int area = in.height * in.width;
    for (int c = 0; c < in.channels; ++c) {
      const auto scale =
          static_cast<float>(weight[c] / std::sqrt(variance[c] + norm.epsilon));
      for (int i = c * area; i < (c + 1) * area; ++i) {
        y[i] = (x[i] - mean[c]) * scale + bias[c];
      }
    }
  }

  void operator()(const Elementwise& e) const {
    std::copy_n(x, in.size(), y);
    ApplyFunction(e.function, {y, static_cast<std::size_t>(in.size())});
  }

  void operator()(const Add& add) const {
    if (add.subtract) {
      Broadcast(std::minus<>());
    } else {
      Broadcast(std::plus<>());
    }
  }
  void operator()(const Multiply&) const { Broadcast(std::multiplies<>()); }

  // Where value (c, h, w) of a broadcast input lies.
  static int64_t At(const Extent& e, int c, int h, int w) {
    const int64_t row =
        int64_t{e.channels == 1 ? 0 : c} * e.height + (e.height == 1 ? 0 : h);
    return row * e.width + (e.width == 1 ? 0 : w);
  }
  template <class F>
  void Broadcast(F combine) const {
    const Extent& a = model.graph.extent(node.inputs[0]);
    const Extent& b = model.graph.extent(node.inputs[1]);
    float* to = y;
    for (int c = 0; c < out.channels; ++c) {
      for (int h = 0; h < out.height; ++h) {
        for (int w = 0; w < out.width; ++w) {
          *to++ = combine(x[At(a, c, h, w)], inputs[1][AsSize(At(b, c, h, w))]);
        }
      }
    }
  }

  void operator()(const Dropout&) const { std::copy_n(x, in.size(), y); }

  // Where position i of line b lies inside one channel.
  static int Position(const Extent& e, Axis axis, int b, int i) {
    return axis == Axis::kWidth ? b * e.width + i : i * e.width + b;
  }

  // Line b of `channels` channels: [channel][position].
  static std::vector<float> Line(const float* from, const Extent& e, Axis axis,
                                 int channels, int b, int length) {
    std::vector<float> line(static_cast<std::size_t>(channels * length));
    for (int c = 0; c < channels; ++c) {
      for (int i = 0; i < length; ++i) {
        line[static_cast<std::size_t>(c * length + i)] =
            from[c * e.height * e.width + Position(e, axis, b, i)];
      }
    }
    return line;
  }

  // Every sum runs over the channels in order; the loops are nested so that
  // neighbours in memory are summed side by side.
  void operator()(const AttentionScores& a) const {
    const int channels = in.channels / 3;
    const int per_head = channels / a.heads;
    const int length = out.width;
    for (int b = 0; b < out.height / length; ++b) {
      const std::vector<float> line =
          Line(x, in, a.axis, 2 * channels, b, length);
      const float* query = line.data();
      const float* key = query + channels * length;
      for (int head = 0; head < a.heads; ++head) {
        for (int i = 0; i < length; ++i) {
          float* row = y + (head * out.height + b * length + i) * length;
          std::fill_n(row, length, 0.0f);
          for (int c = head * per_head; c < (head + 1) * per_head; ++c) {
            const float q = query[c * length + i];
            for (int j = 0; j < length; ++j) row[j] += q * key[c * length + j];
          }
        }
      }
    }
  }

  void operator()(const Softmax& softmax) const {
    const std::array<int, 3> length = {in.channels, in.height, in.width};
    const std::array<int, 3> stride = {in.height * in.width, in.width, 1};
    const auto axis = static_cast<std::size_t>(softmax.axis);
    const int n = length[axis], step = stride[axis];
    for (int64_t at = 0; at < in.size(); ++at) {
      if (at / step % n == 0) SoftmaxLine(x + at, y + at, n, step);
    }
  }
  static void SoftmaxLine(const float* from, float* to, int n, int step) {
    float largest = from[0];
    for (int j = 1; j < n; ++j) largest = std::max(largest, from[j * step]);
    float sum = 0;
    for (int j = 0; j < n; ++j) {
      to[j * step] = std::exp(from[j * step] - largest);
      sum += to[j * step];
    }
    for (int j = 0; j < n; ++j) to[j * step] /= sum;
  }

  // The transpose of a square.
  static void Turn(const float* from, int length, float* to) {
    for (int i = 0; i < length; ++i) {
      for (int j = 0; j < length; ++j) to[j * length + i] = *from++;
    }
  }

  // Every sum runs over the keys in order.
  void operator()(const AttentionMix& a) const {
    const int per_head = out.channels / a.heads;
    const int area = out.height * out.width;
    const int length = in.width;
    const float* bias = a.bias.empty() ? nullptr : Values(a.bias);
    std::vector<float> shares(static_cast<std::size_t>(length * length));
    std::vector<float> sums(static_cast<std::size_t>(length));
    for (int b = 0; b < in.height / length; ++b) {
      const std::vector<float> value =
          Line(inputs[1].data() + 2 * out.channels * area, out, a.axis,
               out.channels, b, length);
      for (int c = 0; c < out.channels; ++c) {
        if (c % per_head == 0) {
          Turn(x + (c / per_head * in.height + b * length) * length, length,
               shares.data());
        }
        std::ranges::fill(sums, bias == nullptr ? 0.0f : bias[c]);
        for (int j = 0; j < length; ++j) {
          const float v = value[static_cast<std::size_t>(c * length + j)];
          const float* share = shares.data() + j * length;
          for (int i = 0; i < length; ++i) {
            sums[static_cast<std::size_t>(i)] += share[i] * v;
          }
        }
        for (int i = 0; i < length; ++i) {
          y[c * area + Position(out, a.axis, b, i)] =
              sums[static_cast<std::size_t>(i)];
        }
      }
    }
  }

  // The sum of a place's values before one division, rows outermost.
  float Pooled(const Pool& pool, const float* channel, const PoolRange& rows,
               const PoolRange& cols) const {
    float sum = 0, largest = channel[rows.begin * in.width + cols.begin];
    for (int h = rows.begin; h < rows.end; ++h) {
      for (int w = cols.begin; w < cols.end; ++w) {
        const float v = channel[h * in.width + w];
        sum += v;
        largest = std::max(largest, v);
      }
    }
    if (pool.kind == PoolKind::kMax) return largest;
    return sum / static_cast<float>(int64_t{rows.divisor} * cols.divisor);
  }

  void operator()(const Pool& pool) const {
    float* to = y;
    for (int c = 0; c < in.channels; ++c) {
      const float* channel = x + int64_t{c} * in.height * in.width;
      for (const PoolRange& rows : pool.rows) {
        for (const PoolRange& cols : pool.cols) {
          *to++ = Pooled(pool, channel, rows, cols);
        }
      }
    }
  }

  void operator()(const MatMul&) const {
    const Extent& second = model.graph.extent(node.inputs[1]);
    const int area = second.height * second.width;
    for (int n = 0; n < out.channels; ++n) {
      for (int t = 0; t < out.height; ++t) {
        float* row = y + (n * out.height + t) * out.width;
        std::fill_n(row, out.width, 0.0f);
        const float* b =
            inputs[1].data() + (second.height == 1 ? 0 : t) * second.width + n;
        for (int k = 0; k < in.channels; ++k) {
          const float* a = x + (k * in.height + t) * in.width;
          for (int m = 0; m < out.width; ++m) row[m] += a[m] * b[k * area];
        }
      }
    }
  }

  void operator()(const Move& move) const { MoveValues(move, inputs, y); }
  void operator()(const Resize& resize) const {
    ResizeValues(resize, in, x, y);
  }
  void operator()(const Normalize& norm) const {
    NormalizeValues(norm, in, x,
                    norm.scale.empty() ? nullptr : Values(norm.scale),
                    norm.bias.empty() ? nullptr : Values(norm.bias), y);
  }
  void operator()(const Recurrent& r) const {
    RunRecurrent({r, in.channels, in.width, Values(r.input_weight),
                  Values(r.recurrent_weight), Values(r.input_bias),
                  Values(r.recurrent_bias)},
                 x, y);
  }
  void operator()(const Constant& c) const {
    std::copy_n(Values(c.value), out.size(), y);
  }

  void operator()(const Transpose& t) const {
    const std::array<int, 3> stride = {in.height * in.width, in.width, 1};
    const auto step = [&](std::size_t axis) {
      return stride[static_cast<std::size_t>(t.order[axis])];
    };
    float* to = y;
    for (int c = 0; c < out.channels; ++c) {
      for (int h = 0; h < out.height; ++h) {
        for (int w = 0; w < out.width; ++w) {
          *to++ = x[c * step(0) + h * step(1) + w * step(2)];
        }
      }
    }
  }
};

}  // namespace

void ComputeNode(const Model& model, const Node& node, const Inputs& inputs,
                 std::span<float> output) {
  Check(inputs.size() == node.inputs.size() &&
            std::ssize(output) == model.graph.extent(node.output).size(),
        "buffers of '" + node.name + "' don't fit");
  std::visit(NodeLoops{model, node, inputs, output.data()}, node.op);
}

}  // namespace edge_int8
