// Lowering: a folded model and a plan become an integer graph. All real
// arithmetic of an artifact happens here; docs/arithmetic.md states each
// formula. Tested by lower_test.cc (against float, per operator) and by the
// parity tests.
#ifndef EDGE_INT8_SRC_QGRAPH_LOWER_H_
#define EDGE_INT8_SRC_QGRAPH_LOWER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "core/container/integer_graph.h"
#include "src/graph/model.h"
#include "src/qgraph/plan.h"

namespace edge_int8 {

// Throws kBadInput when the plan does not fit the model or an accumulator
// could leave int32.
core::IntegerGraph Lower(const Model& folded, const Plan& plan);

// The pieces that quantization-aware training shares with lowering.

// Weight scales after the floor that keeps |bias code| below 2^30 (a dead
// channel has tiny weights and an ordinary bias).
std::vector<double> FlooredWeightScales(const WeightPlan& plan,
                                        std::span<const float> bias,
                                        double input_scale);
// Value scales after the same floor for the attention output's bias.
std::vector<double> FlooredValueScales(const QuantizerPlan& plan,
                                       std::span<const float> mix_bias);

// clamp(round(w / scale)) for one output channel.
void QuantizeChannel(std::span<const float> weights, double scale,
                     int32_t limit, int8_t* codes);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QGRAPH_LOWER_H_
