// The way back from fold_norms.h: a folded model as parameters of the graph it
// came from, whose batch norms are left with nothing but a shift. What was
// trained in folded form becomes a checkpoint again. Tested by
// unfold_norms_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_UNFOLD_NORMS_H_
#define EDGE_INT8_SRC_GRAPH_UNFOLD_NORMS_H_

#include "src/graph/model.h"

namespace edge_int8 {

// `original` is the graph that FoldBatchNorms() made `folded` of. Computes the
// same function but for float rounding: a norm's deviation is the root of
// (1 - epsilon) + epsilon, which float32 holds to 1e-8.
Model UnfoldBatchNorms(const Graph& original, const Model& folded);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_UNFOLD_NORMS_H_
