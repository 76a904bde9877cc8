// How far outputs are from a reference's, in decibels, and a warning where a
// quantized model is far from its float model. Tested by
// signal_to_noise_test.cc.
#ifndef EDGE_INT8_SRC_RUN_SIGNAL_TO_NOISE_H_
#define EDGE_INT8_SRC_RUN_SIGNAL_TO_NOISE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "core/container/integer_graph.h"
#include "src/graph/model.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

// 10 log10 of the reference's squared distances from each output's mean over
// the windows, by the squared differences from it. Nothing where that is no
// number: without windows, equal outputs, or outputs that don't vary.
std::optional<double> SignalToNoise(std::span<const float> outputs,
                                    std::span<const float> reference,
                                    int64_t windows);

// Below this a recipe has lost what it should have kept: ten decibels less than
// what the default recipe reaches on networks of the field (docs/networks.md).
inline constexpr double kUsualSignalToNoise = 20;

// Runs both models on up to `windows` of the source's windows, as they are
// given: with what the integers' input cuts off. Says it on stderr where the
// integers are less than kUsualSignalToNoise from float.
void WarnOfNoise(const Model& folded, const core::IntegerGraph& graph,
                 const WindowSource& source, int64_t windows, uint64_t seed);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_SIGNAL_TO_NOISE_H_
