// 256-bit VNNI as AVX-512 encodes it: the same kernels, where a machine has
// AVX-512 and not AVX-VNNI (Zen 4, Ice Lake).
#include "core/kernels/x86/vnni_kernels.h"
#include "core/kernels/x86/ymm_attention.h"
#include "core/kernels/x86/ymm_vnni.h"

namespace edge_int8::core {
namespace {

struct Avx512Vl {
  static __m256i Bytes(__m256i acc, __m256i x, __m256i w) {
    return _mm256_dpbusd_epi32(acc, x, w);
  }
  static __m256i Words(__m256i acc, __m256i x, __m256i w) {
    return _mm256_dpwssd_epi32(acc, x, w);
  }
};

}  // namespace

void GemmU8Avx512Vl(const GemmArgs& args) { Gemm<OfBytes<Avx512Vl>>(args); }
void GemmS16Avx512Vl(const GemmArgs& args) { Gemm<OfWords<Avx512Vl>>(args); }
void AttentionAvx512Vl(const AttentionArgs& args) {
  Attention<VnniPairs<Avx512Vl>>(args);
}
int64_t PeakAvx512Vl(int64_t rounds, int32_t* sink) {
  return Peak<Avx512Vl>(rounds, sink);
}

}  // namespace edge_int8::core
