// Builders of the WiFlow-STD family: subcarriers x frames in, joints x 2
// coordinates out. The four published variants (540 x 20 in, 15 joints) differ
// in a few numbers only; forks differ in some more. Tested by wiflow_test.cc
// (parameter and MAC counts, names, shapes) and by parity with PyTorch's
// outputs.
#ifndef EDGE_INT8_SRC_NETS_WIFLOW_H_
#define EDGE_INT8_SRC_NETS_WIFLOW_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/graph/graph.h"

namespace edge_int8 {

enum class TcnGroups { kGcd20, kDepthwise };  // of the 3-tap convolutions

// What a fork may group in its own way, block by block.
struct TcnBlockGroups {
  int group1 = 1;  // conv1_group
  int pw1 = 1;     // conv1_pw
  int group2 = 1;
  int pw2 = 1;
  int downsample = 1;
  bool operator==(const TcnBlockGroups&) const = default;
};

struct WiflowConfig {
  std::string name;
  std::vector<int> tcn_channels;   // one per TCN block
  std::vector<int> conv_channels;  // one per residual block
  int attention_groups = 1;
  TcnGroups tcn_groups = TcnGroups::kGcd20;
  int first_pointwise_groups = 1;  // block 0's conv1_pw and downsample.0
  int input_channels = 540;
  int frames = 20;
  int joints = 15;
  int up_channels = 0;       // of `up`; 0: conv_channels[0]
  int decoder_channels = 0;  // between its convolutions; 0: max(C / 2, 4)
  int taps = 3;              // of the TCN's convolutions along time
  // Instead of the two rules above; empty, or one per TCN block.
  std::vector<TcnBlockGroups> groups = {};
};

std::span<const WiflowConfig> WiflowVariants();  // full, half, quarter, tiny
// Throws kUsage, listing the names, for an unknown one.
const WiflowConfig& WiflowVariant(std::string_view name);

// The variant for other extents. Where its first pointwise groups don't divide
// the channels there is one group.
WiflowConfig FitWiflow(WiflowConfig config, int input_channels, int frames,
                       int joints);

Graph BuildWiflow(const WiflowConfig& config);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_WIFLOW_H_
