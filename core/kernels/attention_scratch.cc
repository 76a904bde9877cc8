// Room for a chunk's attention: vectors of 16 lanes and 64 queries at a time.
// Here and not beside each kernel, because planning must not depend on a file
// compiled for an instruction set. Tested by attention_test.cc, which gives
// each kernel just as much.
#include <algorithm>

#include "core/kernels/kernel_table.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/wasm/wasm_kernels.h"
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kLanes = 16;

constexpr int32_t Up(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// A row of each key, one past the end, and the maxima.
int64_t LogitValues(int64_t length, int64_t queries) {
  return (length + 2) * queries;
}

}  // namespace

int32_t AttentionRows(int32_t length, int32_t lines) {
  return (lines - 1) * length + Up(length, kLanes);
}

int32_t AttentionQueries(int32_t length, int32_t lines) {
  return Up(std::max(Up(lines * length, 64), AttentionRows(length, lines)),
            kLanes);
}

int32_t AttentionHeadsPacked(int32_t per_head, int32_t heads) {
  return per_head % 8 == 0 ? std::clamp(32 / per_head, 1, heads) : 1;
}

int64_t AttentionScratchScalar(int32_t, int32_t, int32_t, int32_t) { return 0; }

int64_t AttentionScratchAvx2(int32_t length, int32_t lines, int32_t per_head,
                             int32_t) {
  const int64_t queries = AttentionQueries(length, lines);
  const int64_t keys = Up(length, kLanes);
  const int64_t pairs = (per_head + 3) / 4 * 2;
  const int64_t values = (int64_t{length} + 1) / 2 * Up(per_head, 8);
  return 4 * (LogitValues(length, queries) + pairs * (queries + keys) + values);
}

// The same arrays, whose vectors are half as long.
int64_t AttentionScratchSimd128(int32_t length, int32_t lines, int32_t per_head,
                                int32_t heads) {
  return AttentionScratchAvx2(length, lines, per_head, heads);
}

int64_t AttentionScratchVbmi(int32_t length, int32_t lines, int32_t per_head,
                             int32_t heads) {
  const int64_t queries = AttentionQueries(length, lines);
  const int32_t at_once = AttentionHeadsPacked(per_head, heads);
  const int64_t dwords = at_once * ((per_head + 3) / 4);
  const int64_t values =
      lines * ((int64_t{length} + 1) / 2) * Up(at_once * per_head, 32);
  return 4 * (LogitValues(length, queries) + dwords * queries + values);
}

}  // namespace edge_int8::core
