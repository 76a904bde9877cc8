#include "src/nets/onnx/cropped_conv.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace edge_int8 {
namespace {

// Output places first, first + 1, ... (count of them) along one axis.
struct Crop {
  int64_t first = 0;
  int count = 1;
};

// The padding that leaves exactly those outputs; false if it would be negative.
bool CropPadding(const Crop& crop, int length, int span, int stride,
                 int& before, int& after) {
  const int64_t new_before = before - crop.first * stride;
  const int64_t new_after =
      int64_t{crop.count - 1} * stride + span - length - new_before;
  if (new_before < 0) return false;
  // Where the kernel doesn't reach the input's end, rounding down hides it.
  if (new_after < 0 && -new_after >= stride) return false;
  before = static_cast<int>(new_before);
  after = static_cast<int>(std::max<int64_t>(0, new_after));
  return true;
}

std::vector<double> InDouble(const Tensor& tensor) {
  return {tensor.data.begin(), tensor.data.end()};
}

std::optional<TensorId> CropNode(OnnxEmitter& emitter, TensorId base,
                                 const Crop& rows, const Crop& cols) {
  const Node* node = emitter.producer(base);
  if (node == nullptr) return std::nullopt;
  if (const auto* old = std::get_if<Conv>(&node->op)) {
    Conv conv = *old;
    const TensorId input = node->inputs[0];
    const Extent& in = emitter.extent(input);
    if (!CropPadding(rows, in.height, conv.dilation_h * (conv.kernel_h - 1) + 1,
                     conv.stride_h, conv.pad_top, conv.pad_bottom) ||
        !CropPadding(cols, in.width, conv.dilation_w * (conv.kernel_w - 1) + 1,
                     conv.stride_w, conv.pad_left, conv.pad_right)) {
      return std::nullopt;
    }
    const std::vector<double> weight = InDouble(emitter.parameter(conv.weight));
    std::vector<double> bias;
    if (!conv.bias.empty()) bias = InDouble(emitter.parameter(conv.bias));
    conv.weight = conv.bias = "";
    return emitter.AppendConv(conv, weight, bias, input);
  }
  if (const auto* function = std::get_if<Elementwise>(&node->op)) {
    const Expression tokens = TokensOf(function->function);
    const auto input = CropNode(emitter, node->inputs[0], rows, cols);
    if (!input) return std::nullopt;
    return emitter.AppendFunction(*input, tokens);
  }
  return std::nullopt;
}

// Rows or columns of the whole that `axis` of a view walks along.
std::optional<Crop> CropOf(const Steps& steps, int64_t first, int64_t stride) {
  if (steps.empty()) return Crop{first, 1};
  if (steps.size() > 1 || steps[0].stride != stride) return std::nullopt;
  return Crop{first, static_cast<int>(steps[0].extent)};
}

}  // namespace

std::optional<TensorId> CroppedTensor(OnnxEmitter& emitter, TensorId base,
                                      const StridedView& view,
                                      const Extent& extent) {
  const Extent full = emitter.extent(base);
  if (extent.channels != full.channels || view.offset < 0) return std::nullopt;
  const int64_t area = int64_t{1} * full.height * full.width;
  if (view.axes[0] != Joined({{full.channels, area}})) return std::nullopt;
  if (view.offset >= area) return std::nullopt;
  const auto rows = CropOf(view.axes[1], view.offset / full.width, full.width);
  const auto cols = CropOf(view.axes[2], view.offset % full.width, 1);
  if (!rows || !cols || rows->first + rows->count > full.height ||
      cols->first + cols->count > full.width) {
    return std::nullopt;
  }
  const std::string question =
      fmt::format("c {} {}+{} {}+{}", base, rows->first, rows->count,
                  cols->first, cols->count);
  if (const auto known = emitter.answer(question)) return known;
  const auto cropped = CropNode(emitter, base, *rows, *cols);
  if (cropped) emitter.Remember(question, *cropped);
  return cropped;
}

}  // namespace edge_int8
