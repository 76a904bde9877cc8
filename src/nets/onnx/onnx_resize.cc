// Resize and Upsample: nearest is a gather, linear a Resize node.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"

namespace edge_int8 {
namespace {

struct AxisResize {
  int64_t in = 1;
  int64_t out = 1;
  double scale = 1;
};

// What the file says: the axes' lengths and scales, in one of three ways.
std::vector<AxisResize> ResizesOf(const OnnxCall& call, const Shape& shape) {
  std::vector<AxisResize> axes;
  for (const int64_t length : shape) axes.push_back({length, length, 1});
  std::vector<int> named;
  for (const int64_t axis : call.Ints("axes")) {
    named.push_back(call.AxisOf(axis, static_cast<int>(shape.size())));
  }
  if (!call.Has("axes")) {
    for (std::size_t i = 0; i < shape.size(); ++i) {
      named.push_back(static_cast<int>(i));
    }
  }
  // Upsample, and Resize before operator set 11, have their scales second.
  const bool old = call.node.op == "Upsample" || call.opset < 11;
  const std::size_t scales_at = old ? 1 : 2;
  std::vector<double> scales;
  const auto attribute = call.node.attributes.find("scales");
  if (attribute != call.node.attributes.end()) {
    scales = attribute->second.numbers;
  } else if (call.Given(scales_at)) {
    scales = call.ConstantInput(scales_at, "scales").values;
  }
  Shape sizes;
  if (scales.empty() && !old && call.Given(3)) {
    sizes = Integers(call.ConstantInput(3, "sizes"));
  }
  call.Expect(scales.size() == named.size() || sizes.size() == named.size(),
              "its scales or sizes are not one per axis");
  call.Expect(sizes.empty() ||
                  call.Text("keep_aspect_ratio_policy", "stretch") == "stretch",
              "its keep_aspect_ratio_policy is not stretch");
  for (std::size_t i = 0; i < named.size(); ++i) {
    AxisResize& axis = axes[AsSize(named[i])];
    if (!sizes.empty()) {
      axis.out = call.Small(sizes[i], 1, "a size");
      axis.scale = static_cast<double>(axis.out) / static_cast<double>(axis.in);
    } else {
      call.Expect(scales[i] > 0 && std::isfinite(scales[i]),
                  "a scale is not above 0");
      axis.scale = scales[i];
      axis.out = call.Small(
          ToInteger(std::floor(static_cast<double>(axis.in) * scales[i])), 1,
          "a size");
    }
  }
  return axes;
}

// Where place `i` of the output lies in the input.
double Source(const OnnxCall& call, const AxisResize& axis, int64_t i) {
  const std::string mode =
      call.node.op == "Upsample" || call.opset < 11
          ? "asymmetric"
          : call.Text("coordinate_transformation_mode", "half_pixel");
  const auto at = static_cast<double>(i);
  const auto in = static_cast<double>(axis.in);
  const auto out = static_cast<double>(axis.out);
  if (mode == "asymmetric") return at / axis.scale;
  if (mode == "align_corners") {
    return axis.out == 1 ? 0 : at * (in - 1) / (out - 1);
  }
  const double half = (at + 0.5) / axis.scale - 0.5;
  if (mode == "half_pixel") return half;
  if (mode == "pytorch_half_pixel") return axis.out > 1 ? half : 0;
  if (mode == "half_pixel_symmetric") {
    return in / 2 * (1 - out / (axis.scale * in)) + half;
  }
  call.Fail(fmt::format("its coordinate_transformation_mode is {}", mode));
}

int64_t Nearest(const OnnxCall& call, const AxisResize& axis, int64_t i) {
  const double x = Source(call, axis, i);
  const std::string mode =
      call.node.op == "Upsample" || call.opset < 11
          ? "floor"
          : call.Text("nearest_mode", "round_prefer_floor");
  double near = 0;
  if (mode == "round_prefer_floor") {
    near = std::ceil(x - 0.5);
  } else if (mode == "round_prefer_ceil") {
    near = std::floor(x + 0.5);
  } else if (mode == "floor") {
    near = std::floor(x);
  } else if (mode == "ceil") {
    near = std::ceil(x);
  } else {
    call.Fail(fmt::format("its nearest_mode is {}", mode));
  }
  return std::clamp<int64_t>(ToInteger(near), 0, axis.in - 1);
}

OnnxValue ResizedNearest(const OnnxCall& call, OnnxValue x,
                         const std::vector<AxisResize>& axes) {
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].in == axes[i].out && axes[i].scale == 1) continue;
    Shape indices;
    for (int64_t at = 0; at < axes[i].out; ++at) {
      indices.push_back(Nearest(call, axes[i], at));
    }
    x = Gathered(call, x, static_cast<int>(i), indices);
  }
  return x;
}

std::vector<ResizeTap> TapsOf(const OnnxCall& call, const AxisResize& axis) {
  std::vector<ResizeTap> taps;
  for (int64_t i = 0; i < axis.out; ++i) {
    const double x = std::clamp(Source(call, axis, i), 0.0,
                                static_cast<double>(axis.in - 1));
    const double first = std::floor(x);
    ResizeTap tap{static_cast<int>(first), static_cast<int>(first),
                  static_cast<float>(x - first)};
    if (tap.weight > 0) ++tap.second;
    taps.push_back(tap);
  }
  return taps;
}

OnnxValue ResizedLinear(const OnnxCall& call, const OnnxValue& x,
                        const std::vector<AxisResize>& axes) {
  const auto rank = static_cast<int>(axes.size());
  for (int i = 0; i + 2 < rank; ++i) {
    call.Expect(axes[AsSize(i)].in == axes[AsSize(i)].out,
                "it interpolates over more than the last two axes");
  }
  AxisGroups groups;
  for (int i = 0; i < rank; ++i) {
    groups[i + 1 == rank ? 2 : i + 2 == rank && rank > 3 ? 1 : 0].push_back(i);
  }
  std::vector<ResizeTap> rows = {{0, 0, 0}};
  if (rank > 3) {
    rows = TapsOf(call, axes[AsSize(rank - 2)]);
  } else {
    call.Expect(
        rank < 2 || axes[AsSize(rank - 2)].in == axes[AsSize(rank - 2)].out,
        "it interpolates over channels");
  }
  const OnnxValue arranged = Arranged(call.emitter, x, groups);
  Shape shape;
  for (const AxisResize& axis : axes) shape.push_back(axis.out);
  call.Expect(BoundedCount(shape).has_value(), "its result is too large");
  OnnxValue result;
  result.base = call.emitter.Append(
      Resize{std::move(rows), TapsOf(call, axes.back())}, {arranged.base});
  result.view = ViewOfGroups(groups, shape);
  return result;
}

OnnxResult ResizeOp(const OnnxCall& call) {
  const OnnxValue& x = call.Input(0);
  const Shape shape = x.shape();
  call.Expect(!shape.empty(), "its input has no axis");
  const std::vector<AxisResize> axes = ResizesOf(call, shape);
  const std::string mode = call.Text("mode", "nearest");
  if (mode == "nearest") return {ResizedNearest(call, x, axes)};
  if (mode != "linear" && mode != "bilinear") {
    call.Fail(fmt::format("its mode is {}; expected nearest or linear", mode));
  }
  const bool smaller = std::ranges::any_of(
      axes, [](const AxisResize& axis) { return axis.out < axis.in; });
  call.Expect(!smaller || call.Int("antialias", 0) == 0,
              "it filters while it shrinks (antialias)");
  return {ResizedLinear(call, x, axes)};
}

}  // namespace

void AddResizeOps(OnnxHandlers& handlers) {
  handlers["Resize"] = ResizeOp;
  handlers["Upsample"] = ResizeOp;
}

}  // namespace edge_int8
