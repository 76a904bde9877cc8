// Builders of the WiFlow-STD family: 540 subcarriers x 20 frames in, 15 joints
// x 2 coordinates out. The four published variants differ in a few numbers
// only. Tested by wiflow_test.cc (parameter and MAC counts, names, shapes) and
// by parity with PyTorch's outputs.
#ifndef EDGE_INT8_SRC_MODEL_WIFLOW_H_
#define EDGE_INT8_SRC_MODEL_WIFLOW_H_

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

enum class TcnGroups { kGcd20, kDepthwise };  // of the 3-tap convolutions

struct WiflowConfig {
  std::string_view name;
  std::array<int, 4> tcn_channels;
  std::array<int, 4> conv_channels;
  int attention_groups;
  TcnGroups tcn_groups;
  int first_pointwise_groups;  // block 0's conv1_pw and downsample.0
};

std::span<const WiflowConfig> WiflowVariants();  // full, half, quarter, tiny
// Throws kUsage, listing the names, for an unknown one.
const WiflowConfig& WiflowVariant(std::string_view name);

Graph BuildWiflow(const WiflowConfig& config);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_MODEL_WIFLOW_H_
