// 256-bit VNNI as AVX-VNNI encodes it: Intel's client processors since the 12th
// generation and N100, AMD's since Zen 5.
#include "core/kernels/x86/vnni_kernels.h"
#include "core/kernels/x86/ymm_attention.h"
#include "core/kernels/x86/ymm_vnni.h"

namespace edge_int8::core {
namespace {

struct AvxVnni {
  static __m256i Bytes(__m256i acc, __m256i x, __m256i w) {
    return _mm256_dpbusd_avx_epi32(acc, x, w);
  }
  static __m256i Words(__m256i acc, __m256i x, __m256i w) {
    return _mm256_dpwssd_avx_epi32(acc, x, w);
  }
};

}  // namespace

void GemmU8AvxVnni(const GemmArgs& args) { Gemm<OfBytes<AvxVnni>>(args); }
void GemmS16AvxVnni(const GemmArgs& args) { Gemm<OfWords<AvxVnni>>(args); }
void AttentionAvxVnni(const AttentionArgs& args) {
  Attention<VnniPairs<AvxVnni>>(args);
}
int64_t PeakAvxVnni(int64_t rounds, int32_t* sink) {
  return Peak<AvxVnni>(rounds, sink);
}

}  // namespace edge_int8::core
