// The softmax of many rows side by side. For the AVX2 kernels alone. Tested by
// attention_test.cc and engine_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_X86_AVX2_SOFTMAX_H_
#define EDGE_INT8_CORE_KERNELS_X86_AVX2_SOFTMAX_H_

#include "core/kernels/kernel_table.h"
#include "core/kernels/x86/avx2_rows.h"

namespace edge_int8::core {

class Avx2Softmax {
 public:
  static constexpr int kQueries = 32;  // at once

  // The two tables of AttentionArgs.
  Avx2Softmax(const uint16_t* coarse, const uint16_t* fine);

  // SoftmaxRow() (core/arith/softmax.h) for kQueries columns of logits, rows of
  // which are `stride` apart. The probabilities of keys 2 * n and 2 * n + 1 end
  // as a pair of 16-bit values in row 2 * n.
  void Columns(const ScaleRow& logit, int head, int length, const int32_t* max,
               int32_t* logits, int64_t stride) const;

 private:
  template <bool kUsual>
  void ColumnsOf(const ScaleRow& logit, int head, int length,
                 const int32_t* max, int32_t* logits, int64_t stride) const;
  template <bool kUsual>
  void Exponentials(__m256i u0, __m256i u1, __m256i* e) const;

  // Whether exp(-8) * 2^15 fits a byte and exp(-12) * 2^15 rounds to 0, as
  // lowering's do, and the fine table is FineExp().
  bool usual_;
  Rows coarse_[2];  // low bytes, high bytes
  Rows fine_[2];    // not if usual_
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_X86_AVX2_SOFTMAX_H_
