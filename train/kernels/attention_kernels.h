// Attention's two products and their gradients over channel-major tensors, one
// (head, window, line) tile at a time: tiles are a few kB, so nothing is
// batched, permuted or copied through memory. Tested by torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_KERNELS_ATTENTION_KERNELS_H_
#define EDGE_INT8_TRAIN_KERNELS_ATTENTION_KERNELS_H_

#include <cstdint>

#include "src/graph/graph.h"

namespace edge_int8::train {

struct AttentionShape {
  int64_t heads = 1;
  int64_t channels = 0;  // of q, k and v each
  int64_t windows = 0;
  int64_t height = 0, width = 0;
  Axis axis = Axis::kWidth;

  int64_t per_head() const { return channels / heads; }
  int64_t length() const { return axis == Axis::kWidth ? width : height; }
  int64_t lines() const { return axis == Axis::kWidth ? height : width; }
};

// qkv is [3 * channels][windows][height][width]; scores and probabilities are
// [heads][windows][lines * length][length]; y is [channels][windows][...].
void ScoresForward(const AttentionShape& shape, const float* qkv,
                   float* scores);
// Writes the q and k thirds of dqkv and zeroes its v third.
void ScoresBackward(const AttentionShape& shape, const float* qkv,
                    const float* dscores, float* dqkv);
void MixForward(const AttentionShape& shape, const float* probabilities,
                const float* qkv, float* y);
// Writes dp and the v third of dqkv, and zeroes the q and k thirds.
void MixBackward(const AttentionShape& shape, const float* probabilities,
                 const float* qkv, const float* dy, float* dprobabilities,
                 float* dqkv);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_KERNELS_ATTENTION_KERNELS_H_
