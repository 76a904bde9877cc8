#include "src/nets/onnx/onnx_ports.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

std::string NamesOf(const std::vector<const OnnxPort*>& ports) {
  std::string names;
  for (const OnnxPort* port : ports) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", port->name);
  }
  return names;
}

std::string AxisText(const OnnxPort& port, std::size_t axis) {
  const std::string& symbol = port.symbols[axis];
  return symbol.empty() ? fmt::format("{}", axis)
                        : fmt::format("{} ('{}')", axis, symbol);
}

Shape WithoutOnes(const Shape& shape) {
  Shape longer = shape;
  std::erase(longer, 1);
  return longer;
}

std::size_t OpenAxes(const Shape& shape) {
  return AsSize(std::ranges::count(shape, -1));
}

// Open axes (-1) from a window of the same axes, but for some of length 1.
bool FillAxes(Shape& shape, const Shape& window) {
  Shape from = window;
  const bool same = from.size() == shape.size();
  if (!same) from = WithoutOnes(window);
  if (!same && from.size() != WithoutOnes(shape).size()) return false;
  std::size_t next = 0;
  for (int64_t& extent : shape) {
    if (!same && extent == 1) continue;
    if (extent == -1) extent = from[next];
    ++next;
  }
  return true;
}

// The one open axis from how many values a window has.
bool FillByCount(Shape& shape, const Shape& window) {
  int64_t known = 1;
  for (const int64_t extent : shape) known *= extent == -1 ? 1 : extent;
  const int64_t count = ElementCount(window);
  if (OpenAxes(shape) != 1 || known <= 0 || count % known != 0) return false;
  *std::ranges::find(shape, -1) = count / known;
  return true;
}

}  // namespace

const OnnxPort& InputPort(const std::string& file, const OnnxGraph& graph) {
  std::vector<const OnnxPort*> inputs;
  for (const OnnxPort& port : graph.inputs) {
    if (!graph.initializers.contains(port.name)) inputs.push_back(&port);
  }
  if (inputs.size() != 1) {
    FailInput(file, inputs.empty()
                        ? "has no input; expected one"
                        : fmt::format("has {} inputs ({}); expected one",
                                      inputs.size(), NamesOf(inputs)));
  }
  const OnnxPort& port = *inputs[0];
  if (!port.is_float) {
    FailInput(file, fmt::format("its input '{}' is {}; expected floats",
                                port.name, port.type));
  }
  return port;
}

const OnnxPort& OutputPort(const std::string& file, const OnnxGraph& graph,
                           const NetworkOptions& options) {
  std::vector<const OnnxPort*> outputs;
  for (const OnnxPort& port : graph.outputs) {
    if (!options.head || *options.head == port.name) outputs.push_back(&port);
  }
  if (outputs.empty() && options.head) {
    std::vector<const OnnxPort*> all;
    for (const OnnxPort& port : graph.outputs) all.push_back(&port);
    FailInput(file, fmt::format("has no output '{}'; it has {}", *options.head,
                                NamesOf(all)));
  }
  if (outputs.size() != 1) {
    FailInput(file,
              outputs.empty()
                  ? "has no output; expected one"
                  : fmt::format("has {} outputs ({}); --head NAME chooses one",
                                outputs.size(), NamesOf(outputs)));
  }
  return *outputs[0];
}

Shape WindowShape(const std::string& file, const OnnxPort& input,
                  const NetworkOptions& options) {
  const auto fail = [&](const std::string& what) {
    FailInput(file, fmt::format("its input '{}' {}", input.name, what));
  };
  if (!input.has_shape) fail("has no shape; expected 2 to 5 axes");
  if (input.shape.size() < 2 || input.shape.size() > 5) {
    fail(fmt::format("has {} axes; expected 2 to 5, the batch first",
                     input.shape.size()));
  }
  if (input.shape[0] != -1 && input.shape[0] != 1) {
    fail(fmt::format("has a batch of {}; expected 1 or an open one",
                     input.shape[0]));
  }
  Shape shape(input.shape.begin() + 1, input.shape.end());
  for (std::size_t i = 0; i < shape.size(); ++i) {
    constexpr int64_t kMost = int64_t{1} << 24;
    if (shape[i] != -1 && (shape[i] < 1 || shape[i] > kMost)) {
      fail(fmt::format("has axis {} of length {}", AxisText(input, i + 1),
                       shape[i]));
    }
  }
  if (OpenAxes(shape) > 0 && !options.window.empty() &&
      !FillAxes(shape, options.window)) {
    FillByCount(shape, options.window);
  }
  if (OpenAxes(shape) == 1 && options.frames) {
    *std::ranges::find(shape, -1) = *options.frames;
  }
  const auto open = std::ranges::find(shape, -1);
  if (open != shape.end()) {
    const std::string axis = AxisText(input, AsSize(open - shape.begin()) + 1);
    fail(options.window.empty()
             ? fmt::format("leaves axis {} open; the data says how long it is "
                           "(--data, --calibration, --input), or --frames N",
                           axis)
             : fmt::format("leaves axis {} open, and a window {} does not say "
                           "how long it is",
                           axis, ShapeText(options.window)));
  }
  const auto count = BoundedCount(shape);
  if (!count || *count == 0) {
    fail(fmt::format("has shape {}; expected at most {} values",
                     ShapeText(shape), kMostValues));
  }
  return shape;
}

Extent ExtentOfWindow(const Shape& window) {
  const auto length = [&](std::size_t i) {
    return static_cast<int>(window[i]);
  };
  if (window.size() == 1) return {length(0), 1, 1};
  int64_t middle = 1;
  for (std::size_t i = 1; i + 1 < window.size(); ++i) middle *= window[i];
  return {length(0), static_cast<int>(middle), length(window.size() - 1)};
}

}  // namespace edge_int8
