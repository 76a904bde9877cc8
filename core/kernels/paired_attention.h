// The scratch memory of an attention that goes head by head with pairs of
// int16: what AttentionScratchAvx2() and AttentionScratchSimd128() count.
// Internal linkage and nothing of the standard library, so that no copy
// compiled for one instruction set is linked into another. Tested by
// attention_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_PAIRED_ATTENTION_H_
#define EDGE_INT8_CORE_KERNELS_PAIRED_ATTENTION_H_

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {
namespace {

inline int32_t WholeTimes(int32_t value, int32_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

struct PairedScratch {
  int32_t per_head;
  int32_t queries;
  int32_t keys;
  int32_t pairs;    // of a head's channels
  int32_t* logits;  // [key][queries]
  int32_t* max;     // [queries]
  int32_t* q;       // [pair][queries]
  int32_t* k;       // [pair][keys]
  int32_t* v;       // [pair of keys][channels of the head, whole eights]

  explicit PairedScratch(const AttentionArgs& a) {
    per_head = a.per_head;
    queries = AttentionQueries(a.length, a.lines);
    keys = WholeTimes(a.length, 16);
    pairs = (per_head + 3) / 4 * 2;
    logits = reinterpret_cast<int32_t*>(a.scratch);
    max = logits + int64_t{a.length + 1} * queries;
    q = max + queries;
    k = q + int64_t{pairs} * queries;
    v = k + int64_t{pairs} * keys;
  }
};

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_PAIRED_ATTENTION_H_
