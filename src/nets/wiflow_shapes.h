// Reads a WiFlow network's numbers off the shapes of its tensors, and says in
// words how they differ from the published ones. Tested by
// wiflow_shapes_test.cc.
//
// Shapes say widths, blocks, groups, taps, heads and input channels. They don't
// say frames (every weight is used at each) nor joints (the last pool has no
// weights, and the strides of the blocks follow from them).
#ifndef EDGE_INT8_SRC_NETS_WIFLOW_SHAPES_H_
#define EDGE_INT8_SRC_NETS_WIFLOW_SHAPES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/base/tensor.h"
#include "src/nets/wiflow.h"

namespace edge_int8 {

using NamedShapes = std::map<std::string, Shape>;

// The network whose tensors have these shapes, up to its head, if the family's
// builder can make one; a published variant with its own name, any other as
// "wiflow". Whether all tensors fit is the caller's to check.
std::optional<WiflowConfig> InferWiflow(const NamedShapes& shapes);

// What sets these tensors apart from the published networks, as a person would
// say it: "input of 342 channels where 540 are expected". Empty when nothing
// does that is seen at this distance.
std::vector<std::string> WiflowDifferences(const NamedShapes& shapes);

// Channels that the first convolution takes; nothing when it isn't there.
std::optional<int64_t> InputChannels(const NamedShapes& shapes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_WIFLOW_SHAPES_H_
