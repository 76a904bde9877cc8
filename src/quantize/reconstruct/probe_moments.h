// How large the channels of a network's tensors are, as its function alone says
// it: on windows that are made up and always the same, so that a plan holds for
// a checkpoint and no data is needed to apply it. They look like channel state:
// amplitudes in [0, 1], smooth along channels and slow along frames, with
// noise. Tested by probe_moments_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_PROBE_MOMENTS_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_PROBE_MOMENTS_H_

#include <vector>

#include "src/graph/model.h"

namespace edge_int8 {

// Of each channel of a tensor, over all windows and places.
struct ChannelMoments {
  std::vector<double> mean, deviation;
};

// Of every tensor, by TensorId.
std::vector<ChannelMoments> ProbeMoments(const Model& model);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_PROBE_MOMENTS_H_
