// Room for the widest layout of a chunk: vectors of 16 lanes, 64 queries at a
// time (avx512_attention.cc), q and k widened to 16 bits (avx2_attention.cc).
#include <algorithm>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kLanes = 16;

constexpr int32_t Up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

int32_t AttentionRows(int32_t length, int32_t lines) {
  return (lines - 1) * length + Up(length, kLanes);
}

int32_t AttentionQueries(int32_t length, int32_t lines) {
  return Up(std::max(Up(lines * length, 64), AttentionRows(length, lines)),
            kLanes);
}

int64_t AttentionScratchBytes(int32_t length, int32_t lines, int32_t per_head) {
  const int64_t queries = AttentionQueries(length, lines);
  const int64_t keys = Up(length, kLanes);
  const int64_t dwords = (per_head + 3) / 4 * 2;
  const int64_t logits = (int64_t{length} + 1) * queries;
  const int64_t values = (int64_t{length} + 1) / 2 * Up(per_head, 8);
  return 4 * (logits + queries + dwords * (queries + keys) + keys + values);
}

}  // namespace edge_int8::core
