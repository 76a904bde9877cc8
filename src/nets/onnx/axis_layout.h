// Which axes of a file's tensor are channels, height and width of a graph's
// tensor. A value keeps the layout it has until an operator needs another one;
// then its values move once, however many reshapes and transposes the file did
// in between. Tested by onnx_operators_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_AXIS_LAYOUT_H_
#define EDGE_INT8_SRC_NETS_ONNX_AXIS_LAYOUT_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "src/nets/onnx/onnx_emitter.h"

namespace edge_int8 {

// The file's axes that become channels, height, width; each list outermost
// first. Axes of length 1 may be left out.
using AxisGroups = std::array<std::vector<int>, 3>;

// A piece of a file's axis that walks along one axis of the graph's tensor.
struct AxisPart {
  int axis = 0;   // of the file
  int which = 0;  // 0 channels, 1 height, 2 width; -1 walks nowhere (repeats)
  int64_t extent = 1;
  int64_t unit = 1;  // indices of the graph's axis per step; may be negative
};
struct PartedView {
  std::vector<AxisPart> parts;     // in the order of the file's axes and steps
  std::array<int64_t, 3> start{};  // indices where all are 0
};
// Nothing if some step walks along two of the tensor's axes at once.
std::optional<PartedView> PartView(const StridedView& view,
                                   const Extent& extent);
// The view of these parts of a tensor of this extent, start 0.
StridedView ViewOfParts(const std::vector<AxisPart>& parts, int rank,
                        const Extent& extent);

// Whether the view shows every value of the tensor exactly once.
bool IsWhole(const StridedView& view, const Extent& extent);

// The value with exactly these axes as channels, height and width; nothing is
// left of its function, which was applied.
OnnxValue Arranged(OnnxEmitter& emitter, const OnnxValue& value,
                   const AxisGroups& groups);
// The value with its function applied and a view that is whole, in the layout
// it has if it has one.
OnnxValue Whole(OnnxEmitter& emitter, const OnnxValue& value);
// The value as values of its own axes in row-major order of memory.
OnnxValue RowMajor(OnnxEmitter& emitter, const OnnxValue& value);
// As a tensor, if it is a constant.
OnnxValue AsTensor(OnnxEmitter& emitter, const OnnxValue& value);

// The same places of the oldest tensor they were moved from.
OnnxValue Traced(const OnnxEmitter& emitter, const OnnxValue& value);

// `channel` as channels, the last other axis as width, the rest as height.
AxisGroups GroupsAround(int channel, const Shape& shape);
// The groups that come nearest to the layout the value has.
AxisGroups NearestGroups(const OnnxEmitter& emitter, const OnnxValue& value);
// The view of a new tensor with these axes of a file's shape, and its extent.
StridedView ViewOfGroups(const AxisGroups& groups, const Shape& shape);
Extent ExtentOfGroups(const AxisGroups& groups, const Shape& shape);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_AXIS_LAYOUT_H_
