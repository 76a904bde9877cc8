#include "src/graph/float_nodes.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace edge_int8 {
namespace {

using Inputs = std::vector<std::span<const float>>;

// Computes one node; a member per operator.
struct NodeLoops {
  const Model& model;
  const Node& node;
  const Inputs& inputs;
  float* y;
  const float* x = inputs[0].data();
  Extent in = model.graph.extent(node.inputs[0]);
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
      const auto scale = static_cast<float>(
          weight[c] / std::sqrt(variance[c] + kBatchNormEpsilon));
      for (int i = c * area; i < (c + 1) * area; ++i) {
        y[i] = (x[i] - mean[c]) * scale + bias[c];
      }
    }
  }

  void operator()(const Silu&) const {
    std::transform(x, x + in.size(), y,
                   [](float v) { return v / (1.0f + std::exp(-v)); });
  }

  void operator()(const Add&) const {
    std::transform(x, x + in.size(), inputs[1].data(), y, std::plus<>());
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

  void operator()(const Softmax&) const {
    for (int row = 0; row < in.channels * in.height; ++row) {
      const float* from = x + row * in.width;
      float* to = y + row * in.width;
      const float largest = *std::max_element(from, from + in.width);
      float sum = 0;
      for (int j = 0; j < in.width; ++j) {
        to[j] = std::exp(from[j] - largest);
        sum += to[j];
      }
      for (int j = 0; j < in.width; ++j) to[j] /= sum;
    }
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

  void operator()(const AveragePool& pool) const {
    for (int c = 0; c < in.channels; ++c) {
      for (int bin = 0; bin < pool.bins; ++bin) {
        const BinRange rows = PoolBin(bin, pool.bins, in.height);
        const float* begin = x + (c * in.height + rows.begin) * in.width;
        const float* end = x + (c * in.height + rows.end) * in.width;
        float sum = 0;
        for (const float* v = begin; v != end; ++v) sum += *v;
        y[c * pool.bins + bin] = sum / static_cast<float>(end - begin);
      }
    }
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
