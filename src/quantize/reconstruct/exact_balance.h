// One of the many sets of weights that compute the same, chosen so that it does
// not matter which of them a checkpoint holds. Every recipe, training and every
// plan begins with it. Tested by exact_balance_test.cc, and by
// invariance_test.cc on whole recipes.
//
//   query, key     rows of a channel times r and 1 / r: q.k stays, and r makes
//                  both values as large. Each has one scale per head.
//   value, reader  value row and the mix's bias times a, the weights that read
//                  the channel divided by a: all channels of the mix's result
//                  become as large. It has one scale for all.
//   mix's bias     brings its result's mean to 0, where the convolutions that
//                  read it read nowhere beside an edge and so can take the rest
//                  into their biases; from there a key's shift falls out of the
//                  softmax and a value's is the next mix's.
//   sums           the terms' biases become equal: only their sum counts.
//
// Two channels of which one is nothing but zeros become zeros both.
//
// Sizes are those on made-up windows (probe_moments.h), so no data is needed
// and a plan holds for the checkpoint it was made of. Lengths of weight rows
// say too little: what they read has a mean, and channels of it move together
// (docs/quantization.md, "Equal checkpoints"). A scale or a shift between a
// convolution and the batch norm behind it is gone once that is folded. Between
// other layers of the family there is no such freedom: silu(a x) is not a
// silu(x).
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EXACT_BALANCE_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EXACT_BALANCE_H_

#include "src/graph/model.h"

namespace edge_int8 {

// A folded model that computes the same with other weights.
Model BalanceExactly(const Model& folded);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EXACT_BALANCE_H_
