// Room for the widest layout of a chunk: vectors of 16 lanes, 64 queries at a
// time (avx512_attention.cc), q and k widened to 16 bits (avx2_attention.cc).
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

constexpr int64_t Up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

int64_t AttentionScratchBytes(int32_t length, int32_t lines, int32_t channels,
                              int32_t heads) {
  const int64_t per_head = channels / heads;
  const int64_t queries = Up(int64_t{lines} * length, 64) + 16;
  const int64_t keys = Up(length, 16);
  const int64_t dwords = (per_head + 3) / 4 * 2;
  const int64_t logits = (int64_t{length} + 1) * queries;
  const int64_t values = (int64_t{length} + 1) / 2 * Up(per_head, 8);
  return 4 * (logits + queries + dwords * (queries + keys) + keys + values);
}

}  // namespace edge_int8::core
