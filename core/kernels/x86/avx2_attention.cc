// Attention on AVX2: ymm_attention.h with vpmaddwd and a sum.
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/ymm_attention.h"

namespace edge_int8::core {
namespace {

struct Madd {
  static __m256i AddTo(__m256i acc, __m256i x, __m256i y) {
    return _mm256_add_epi32(acc, _mm256_madd_epi16(x, y));
  }
};

}  // namespace

void AttentionAvx2(const AttentionArgs& args) { Attention<Madd>(args); }

}  // namespace edge_int8::core
