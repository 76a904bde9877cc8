// How far a plan's model is from the float one at the output, all tensors
// rounded at once: what mixed precision stops by. Tested by
// simulated_noise_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_SIMULATED_NOISE_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_SIMULATED_NOISE_H_

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"
#include "src/quantize/search/quantizer_errors.h"

namespace edge_int8 {

struct SimulatedNoise {
  double weights = 0;  // mean squared difference with rounded weights alone
  double all = 0;      // with every tensor rounded as well
};

// By fake_quant.h, on the windows that QuantizerErrors() takes.
SimulatedNoise SimulateNoise(const Model& folded, const QGraph& qgraph,
                             const Plan& plan, const WindowSource& source,
                             const QuantizerErrorOptions& options = {});

// 10 log10(signal / noise); infinite without noise.
double Decibels(double signal, double noise);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_SIMULATED_NOISE_H_
