// How much each quantizer's grid alone moves the network's output: what a plan
// with a few wide tensors should spend them on. Tested by
// quantizer_errors_test.cc.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_QUANTIZER_ERRORS_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_QUANTIZER_ERRORS_H_

#include <cstdint>
#include <vector>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

struct QuantizerErrorOptions {
  int64_t windows = 32;
  uint64_t seed = 44;  // picks the windows
};

// Mean squared difference of the output from the float model's when only this
// quantizer is rounded as the plan says, by index of QGraph::quantizers. The
// errors of several quantizers very nearly add. Only what lies behind a
// quantizer is run again. The same bits for any thread count.
std::vector<double> QuantizerErrors(const Model& folded, const QGraph& qgraph,
                                    const Plan& plan,
                                    const WindowSource& source,
                                    const QuantizerErrorOptions& options = {});

// Variance of the float model's output over the same windows, each value around
// its own mean: what those errors are small or large against.
double OutputVariance(const Model& folded, const WindowSource& source,
                      const QuantizerErrorOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_QUANTIZER_ERRORS_H_
