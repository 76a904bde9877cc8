// Moves ranges between channels where that changes nothing in real numbers, so
// that one scale fits them all better. Tested by equalize_test.cc, which runs
// the network before and after.
//
//   query, key     rows of a channel times r and 1 / r: q.k stays. Both share
//                  one scale per head, so their channels should be alike.
//   value, reader  value rows and the mix's bias times a, the weights that read
//                  the channel divided by a: the mix's result has one scale.
//
// Nowhere else: a SiLU stands between every other pair of layers, and
// silu(a x) is not a silu(x).
#ifndef EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EQUALIZE_H_
#define EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EQUALIZE_H_

#include <cstdint>

#include "src/graph/model.h"
#include "src/pose/window_source.h"
#include "src/qgraph/plan.h"

namespace edge_int8 {

struct EqualizeOptions {
  InputQparams input = {};
  int64_t windows = 128;
  uint64_t seed = 46;  // picks the windows
};

// A folded model that computes the same with other weights.
Model EqualizeAttention(const Model& folded, const WindowSource& source,
                        const EqualizeOptions& options = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_RECONSTRUCT_EQUALIZE_H_
