#include "src/nets/onnx/onnx_window.h"

#include <algorithm>

namespace edge_int8 {

int64_t SlidingWindow::Count(int64_t length, bool ceil) const {
  const int64_t room = length + before + after - span();
  if (room < 0) return 0;
  if (!ceil) return room / stride + 1;
  const int64_t count = (room + stride - 1) / stride + 1;
  return (count - 1) * stride >= length + before ? count - 1 : count;
}

std::vector<SlidingWindow> WindowsOf(const OnnxCall& call, const Shape& kernel,
                                     const Shape& lengths) {
  const std::size_t rank = lengths.size();
  const Shape strides = call.Ints("strides");
  const Shape dilations = call.Ints("dilations");
  const Shape pads = call.Ints("pads");
  const auto fits = [&](const Shape& list, std::size_t size) {
    return list.empty() || list.size() == size;
  };
  call.Expect(kernel.size() == rank && fits(strides, rank) &&
                  fits(dilations, rank) && fits(pads, 2 * rank),
              "its kernel, strides, dilations or pads don't fit its input's "
              "spatial axes");
  const std::string automatic = call.Text("auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  call.Expect(same || automatic == "NOTSET" || automatic == "VALID" ||
                  automatic.empty(),
              "its auto_pad is unknown");
  std::vector<SlidingWindow> windows(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    SlidingWindow& w = windows[i];
    w.kernel = call.Small(kernel[i], 1, "its kernel");
    if (!strides.empty()) w.stride = call.Small(strides[i], 1, "its stride");
    if (!dilations.empty()) {
      w.dilation = call.Small(dilations[i], 1, "its dilation");
    }
    call.Small(int64_t{w.dilation} * (w.kernel - 1), 0, "its kernel's span");
    if (same) {
      const int64_t count = (lengths[i] + w.stride - 1) / w.stride;
      const int64_t total =
          std::max<int64_t>(0, (count - 1) * w.stride + w.span() - lengths[i]);
      const auto less = static_cast<int>(total / 2);
      const auto more = static_cast<int>(total - total / 2);
      w.before = automatic == "SAME_UPPER" ? less : more;
      w.after = automatic == "SAME_UPPER" ? more : less;
    } else if (!pads.empty() && automatic != "VALID") {
      w.before = call.Small(pads[i], 0, "its padding");
      w.after = call.Small(pads[i + rank], 0, "its padding");
    }
  }
  return windows;
}

}  // namespace edge_int8
