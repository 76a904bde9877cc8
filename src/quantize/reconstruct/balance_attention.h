// One of the many weights that compute the same attention, chosen so that it
// does not matter which of them a checkpoint holds. Every recipe, QAT and every
// plan begins with it (LoadSourceModel). Tested by balance_attention_test.cc,
// and by invariance_test.cc on whole recipes.
//
//   query, key     rows of a channel times r and 1 / r: q.k stays, and r makes
//                  both rows as long. Both share one scale per head.
//   value, reader  value row and the mix's bias times a, the weights that read
//                  the channel divided by a: both as long, too. The mix's
//                  result has one scale.
//
// Lengths are of weights alone, so no data is needed and a plan holds for the
// checkpoint it was made of. A scale between a convolution and the batch norm
// behind it is gone once that is folded. Between other layers there is no such
// freedom: silu(a x) is not a silu(x).
#ifndef EDGE_INT8_SRC_QUANTIZE_BALANCE_ATTENTION_H_
#define EDGE_INT8_SRC_QUANTIZE_BALANCE_ATTENTION_H_

#include "src/graph/model.h"

namespace edge_int8 {

// A folded model that computes the same with other weights.
Model BalanceAttention(const Model& folded);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_BALANCE_ATTENTION_H_
