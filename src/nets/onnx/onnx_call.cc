#include "src/nets/onnx/onnx_call.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {

void OnnxCall::Fail(std::string_view what) const {
  const std::string domain = node.domain.empty() ? "" : node.domain + ".";
  const std::string& name = !node.name.empty()     ? node.name
                            : node.outputs.empty() ? node.op
                                                   : node.outputs[0];
  FailInput(file,
            fmt::format("node '{}' ({}{}, opset {}): {}; what can be read "
                        "is in docs/networks.md",
                        name, domain, node.op, opset, what));
}

bool OnnxCall::Has(const std::string& name) const {
  return node.attributes.contains(name);
}

int64_t OnnxCall::Int(const std::string& name, int64_t otherwise) const {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : found->second.integer;
}

double OnnxCall::Float(const std::string& name, double otherwise) const {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : found->second.number;
}

std::string OnnxCall::Text(const std::string& name,
                           const std::string& otherwise) const {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? otherwise : found->second.text;
}

Shape OnnxCall::Ints(const std::string& name) const {
  const auto found = node.attributes.find(name);
  return found == node.attributes.end() ? Shape{} : found->second.integers;
}

const OnnxValue& OnnxCall::Input(std::size_t index) const {
  if (!Given(index)) Fail(fmt::format("it has no input {}", index));
  return inputs[index];
}

const OnnxArray& OnnxCall::ConstantInput(std::size_t index,
                                         std::string_view what) const {
  const OnnxValue& value = Input(index);
  if (!value.is_constant()) {
    Fail(
        fmt::format("its {} depends on the window; expected a constant", what));
  }
  return *value.constant;
}

double OnnxCall::ScalarInput(std::size_t index, std::string_view what) const {
  const OnnxArray& array = ConstantInput(index, what);
  if (array.size() != 1) {
    Fail(fmt::format("its {} has shape {}; expected one number", what,
                     ShapeText(array.shape)));
  }
  return array.values[0];
}

Shape OnnxCall::IntsOf(const std::string& attribute, std::size_t input) const {
  if (Has(attribute)) return Ints(attribute);
  if (!Given(input)) return {};
  return Integers(ConstantInput(input, attribute));
}

int OnnxCall::AxisOf(int64_t axis, int rank) const {
  const int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) {
    Fail(fmt::format("axis {} of a tensor of {} axes", axis, rank));
  }
  return static_cast<int>(counted);
}

std::vector<int> OnnxCall::AxesOf(const Shape& axes, int rank) const {
  std::vector<int> result;
  for (const int64_t axis : axes) result.push_back(AxisOf(axis, rank));
  std::ranges::sort(result);
  if (std::ranges::adjacent_find(result) != result.end()) {
    Fail("it names an axis twice");
  }
  return result;
}

int OnnxCall::Small(int64_t value, int least, std::string_view what) const {
  constexpr int64_t kMost = int64_t{1} << 20;
  if (value < least || value > kMost) {
    Fail(fmt::format("{} is {}; expected {} to {}", what, value, least, kMost));
  }
  return static_cast<int>(value);
}

OnnxHandler FindOnnxHandler(const std::string& op) {
  static const OnnxHandlers kHandlers = [] {
    OnnxHandlers handlers;
    AddElementwiseOps(handlers);
    AddBinaryOps(handlers);
    AddShapeOps(handlers);
    AddGatherOps(handlers);
    AddConstantOps(handlers);
    AddConvOps(handlers);
    AddPoolOps(handlers);
    AddProductOps(handlers);
    AddNormOps(handlers);
    AddRecurrentOps(handlers);
    AddResizeOps(handlers);
    return handlers;
  }();
  const auto found = kHandlers.find(op);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace edge_int8
