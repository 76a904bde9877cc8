// Room for the widest layout of a chunk: vectors of 16 lanes, 64 queries and
// several heads at a time (avx512_attention.cc), or q and k widened to 16 bits
// (avx2_attention.cc).
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

int32_t AttentionHeadsAtOnce(int32_t per_head, int32_t heads) {
  return per_head % 8 == 0 ? std::clamp(32 / per_head, 1, heads) : 1;
}

int64_t AttentionScratchBytes(int32_t length, int32_t lines, int32_t per_head,
                              int32_t heads) {
  const int64_t queries = AttentionQueries(length, lines);
  const int64_t keys = Up(length, kLanes);
  const int64_t dwords = (per_head + 3) / 4;
  const int64_t pairs_of_keys = (int64_t{length} + 1) / 2;
  const int32_t at_once = AttentionHeadsAtOnce(per_head, heads);
  const int64_t packed = at_once * dwords * queries +
                         lines * pairs_of_keys * Up(at_once * per_head, 32);
  const int64_t widened =
      2 * dwords * (queries + keys) + pairs_of_keys * Up(per_head, 8);
  return 4 * ((int64_t{length} + 2) * queries + std::max(packed, widened));
}

}  // namespace edge_int8::core
