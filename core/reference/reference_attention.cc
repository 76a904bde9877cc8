#include "core/reference/run_reference.h"

namespace edge_int8::core {
namespace {

// Addresses q, k and v of one input tensor by channel, line and place in line.
struct QkvView {
  const TensorSpec& in;
  const Values& values;
  AttentionAxis axis;

  int length() const {
    return axis == AttentionAxis::kWidth ? in.width : in.height;
  }
  int lines() const {
    return axis == AttentionAxis::kWidth ? in.height : in.width;
  }
  std::size_t Index(int channel, int line, int place) const {
    const int h = axis == AttentionAxis::kWidth ? line : place;
    const int w = axis == AttentionAxis::kWidth ? place : line;
    return static_cast<std::size_t>((channel * in.height + h) * in.width + w);
  }
  int32_t At(int channel, int line, int place) const {
    return values[Index(channel, line, place)];
  }
};

}  // namespace

Values ReferenceAttention(const IntegerGraph& graph, const AttentionOp& op,
                          const Values& qkv) {
  const QkvView x{graph.tensors[static_cast<std::size_t>(op.input)], qkv,
                  op.axis};
  const int channels = x.in.channels / 3;
  const int per_head = channels / op.heads;
  const int length = x.length();
  Values y(qkv.size() / 3);
  std::vector<int32_t> acc(static_cast<std::size_t>(length));
  std::vector<int16_t> p(static_cast<std::size_t>(length));
  for (int head = 0; head < op.heads; ++head) {
    for (int line = 0; line < x.lines(); ++line) {
      for (int i = 0; i < length; ++i) {
        const int first = head * per_head;
        for (int j = 0; j < length; ++j) {
          int32_t sum = 0;
          for (int c = first; c < first + per_head; ++c) {
            sum += x.At(c, line, i) * x.At(channels + c, line, j);
          }
          acc[static_cast<std::size_t>(j)] = sum;
        }
        SoftmaxRow(graph.exp_tables, op.logit[static_cast<std::size_t>(head)],
                   acc.data(), length, p.data());
        for (int c = first; c < first + per_head; ++c) {
          int32_t sum = op.bias[static_cast<std::size_t>(c)];
          for (int j = 0; j < length; ++j) {
            sum += p[static_cast<std::size_t>(j)] *
                   x.At(2 * channels + c, line, j);
          }
          const Multiplier scale = op.scale[static_cast<std::size_t>(c)];
          y[x.Index(c, line, i)] =
              Activate(op.activation, Requantize(sum, scale));
        }
      }
    }
  }
  return y;
}

}  // namespace edge_int8::core
