#include "src/nets/onnx/onnx_import.h"

#include <fmt/format.h>

#include <utility>

#include "src/base/error.h"
#include "src/nets/onnx/axis_layout.h"
#include "src/nets/onnx/onnx_file.h"
#include "src/nets/onnx/onnx_ports.h"
#include "src/nets/onnx/onnx_walk.h"

namespace edge_int8 {
namespace {

constexpr int64_t kFirstOpset = 9;
constexpr int64_t kLastOpset = 25;

OnnxValue InputValue(const Shape& window) {
  Shape shape = window;
  shape.insert(shape.begin(), 1);
  OnnxValue value;
  value.base = 0;
  value.view = RowMajorView(shape);
  return value;
}

// Without the batch, where the output has one.
Shape OutputShape(const Shape& shape) {
  if (shape.size() < 2 || shape[0] != 1) return shape;
  return {shape.begin() + 1, shape.end()};
}

Model Import(const std::filesystem::path& path, const OnnxFile& file,
             const NetworkOptions& options) {
  const std::string where = path.string();
  if (file.opset < kFirstOpset || file.opset > kLastOpset) {
    FailInput(where, fmt::format("uses operator set {} of ONNX; expected {} to "
                                 "{}",
                                 file.opset, kFirstOpset, kLastOpset));
  }
  const OnnxPort& input = InputPort(where, file.graph);
  const OnnxPort& output = OutputPort(where, file.graph, options);
  const Shape window = WindowShape(where, input, options);
  OnnxEmitter emitter(where, path.stem().string(), ExtentOfWindow(window));
  OnnxScope scope;
  for (const auto& [name, constant] : file.graph.initializers) {
    scope.values[name].constant = constant;
  }
  scope.values[input.name] = InputValue(window);
  const OnnxValue value =
      OnnxWalker(where, file, emitter)
          .Evaluate(file.graph.nodes, {output.name}, scope, file.opset)[0];
  if (value.is_constant() || value.boolean) {
    FailInput(where,
              fmt::format("its output '{}' {}", output.name,
                          value.boolean ? "is true or false; expected floats"
                                        : "does not depend on the input"));
  }
  emitter.SetName(output.name);
  const OnnxValue last = RowMajor(emitter, value);
  if (last.base == 0) {
    FailInput(where, fmt::format("its output '{}' is its input", output.name));
  }
  Model model = emitter.Finish(last.base);
  model.graph.input_shape = window;
  model.graph.output_shape = OutputShape(value.shape());
  return model;
}

}  // namespace

Model ImportOnnx(const std::filesystem::path& path,
                 const NetworkOptions& options) {
  return Import(path, ReadOnnxFile(path), options);
}

Model ImportOnnx(const std::filesystem::path& path,
                 std::span<const std::byte> bytes,
                 const NetworkOptions& options) {
  return Import(path, ParseOnnx(path, bytes), options);
}

}  // namespace edge_int8
