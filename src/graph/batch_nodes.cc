#include "src/graph/batch_nodes.h"

#include <algorithm>
#include <array>

#include "src/base/as_size.h"
#include "src/graph/float_nodes.h"
#include "src/graph/row_product.h"
#include "src/graph/silu_values.h"

namespace edge_int8 {
namespace {

// Windows are joined until a product has about this many columns: fewer waste
// the packing of the weights, more fall out of the cache.
constexpr int64_t kColumns = 512;

// Output positions [begin, end) along the width whose tap lies inside the
// input.
struct TapRange {
  int begin = 0;
  int end = 0;
};

TapRange Inside(int shift, int stride, int in_width, int out_width) {
  const int begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  const int last = in_width - 1 - shift;
  const int end = last < 0 ? 0 : std::min(out_width, last / stride + 1);
  return {std::min(begin, end), end};
}

// One tap of one input channel of one window: out.height rows of out.width.
void GatherTap(const Conv& c, const Extent& in, const Extent& out, int kh,
               int kw, const float* channel, float* to) {
  const int shift = kw * c.dilation_w - c.pad_left;
  const TapRange range = Inside(shift, c.stride_w, in.width, out.width);
  for (int h = 0; h < out.height; ++h, to += out.width) {
    const int x_h = h * c.stride_h + kh * c.dilation_h - c.pad_top;
    if (x_h < 0 || x_h >= in.height) {
      std::fill_n(to, out.width, 0.0f);
      continue;
    }
    const float* from = channel + x_h * in.width + shift;
    std::fill_n(to, range.begin, 0.0f);
    for (int w = range.begin; w < range.end; ++w) to[w] = from[w * c.stride_w];
    std::fill_n(to + range.end, out.width - range.end, 0.0f);
  }
}

void ComputeConv(const Model& model, const Node& node, const Conv& c,
                 std::span<const float> input, int batch,
                 std::span<float> output) {
  const Extent& in = model.graph.extent(node.inputs[0]);
  const Extent& out = model.graph.extent(node.output);
  const int64_t area = int64_t{1} * out.height * out.width;
  const Eigen::Index rows = c.out_channels / c.groups;
  const Eigen::Index depth = in.channels / c.groups * c.kernel_h * c.kernel_w;
  const float* weights = model.Parameter(c.weight).data.data();
  const float* bias =
      c.bias.empty() ? nullptr : model.Parameter(c.bias).data.data();
  RowMatrix patches;
  RowMatrix product;
  for (int group = 0; group < c.groups; ++group) {
    GatherPatches(c, in, out, group, input, batch, patches);
    product.resize(rows, patches.cols());
    RowProduct(rows, depth, patches.cols(), weights + group * rows * depth,
               patches.data(), product.data());
    for (int b = 0; b < batch; ++b) {
      for (Eigen::Index r = 0; r < rows; ++r) {
        const auto o = static_cast<int64_t>(group * rows + r);
        const float shift = bias == nullptr ? 0.0f : bias[o];
        const float* from = &product(r, b * area);
        float* to = output.data() + b * out.size() + o * area;
        for (int64_t n = 0; n < area; ++n) to[n] = from[n] + shift;
      }
    }
  }
}

}  // namespace

void GatherPatches(const Conv& c, const Extent& in, const Extent& out,
                   int group, std::span<const float> input, int batch,
                   RowMatrix& patches) {
  const int in_per_group = in.channels / c.groups;
  const int in_area = in.height * in.width;
  const int out_area = out.height * out.width;
  patches.resize(in_per_group * c.kernel_h * c.kernel_w, batch * out_area);
  Eigen::Index row = 0;
  for (int i = 0; i < in_per_group; ++i) {
    for (int kh = 0; kh < c.kernel_h; ++kh) {
      for (int kw = 0; kw < c.kernel_w; ++kw, ++row) {
        for (int b = 0; b < batch; ++b) {
          const float* channel = input.data() + b * in.size() +
                                 (group * in_per_group + i) * in_area;
          GatherTap(c, in, out, kh, kw, channel, &patches(row, b * out_area));
        }
      }
    }
  }
}

void ComputeBatch(const Model& model, const Node& node,
                  const std::vector<std::span<const float>>& inputs, int batch,
                  std::span<float> output) {
  const Graph& graph = model.graph;
  if (IsSilu(node.op)) {
    ComputeSilu(inputs[0], output);
    return;
  }
  const auto* conv = std::get_if<Conv>(&node.op);
  const int64_t out_size = graph.extent(node.output).size();
  const int64_t area = out_size / graph.extent(node.output).channels;
  const int step =
      conv == nullptr ? 1
                      : static_cast<int>(std::max<int64_t>(1, kColumns / area));
  for (int b = 0; b < batch; b += step) {
    const int count = std::min(step, batch - b);
    std::vector<std::span<const float>> part;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t size = AsSize(graph.extent(node.inputs[i]).size());
      part.push_back(inputs[i].subspan(AsSize(b) * size, AsSize(count) * size));
    }
    const std::span<float> to =
        output.subspan(AsSize(b * out_size), AsSize(count * out_size));
    if (conv != nullptr) {
      ComputeConv(model, node, *conv, part[0], count, to);
    } else {
      ComputeNode(model, node, part, to);
    }
  }
}

void RunBatch(const Model& model, std::vector<float> input, int batch,
              const BatchObserver& observer) {
  const Graph& graph = model.graph;
  std::vector<int> readers_left(graph.tensors.size(), 0);
  for (const Node& node : graph.nodes) {
    for (const TensorId id : node.inputs) ++readers_left[AsSize(id)];
  }
  std::vector<std::vector<float>> values(graph.tensors.size());
  values[0] = std::move(input);
  observer(0, values[0]);
  for (const Node& node : graph.nodes) {
    std::vector<std::span<const float>> inputs;
    for (const TensorId id : node.inputs) inputs.push_back(values[AsSize(id)]);
    std::vector<float>& result = values[AsSize(node.output)];
    result.resize(AsSize(batch * graph.extent(node.output).size()));
    ComputeBatch(model, node, inputs, batch, result);
    observer(node.output, result);
    for (const TensorId id : node.inputs) {
      if (--readers_left[AsSize(id)] == 0) values[AsSize(id)] = {};
    }
  }
}

}  // namespace edge_int8
