// Winograd's transforms, 32 bytes at once.
#include "core/kernels/winograd_loops.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

typedef uint16_t Words __attribute__((vector_size(32)));
typedef uint32_t Dwords __attribute__((vector_size(32)));
typedef int32_t Signed __attribute__((vector_size(32)));

}  // namespace

void WinogradInputAvx2(const WinogradInputArgs& args) {
  TransformInputs<Words>(args);
}

void WinogradOutputAvx2(const WinogradOutputArgs& args) {
  TransformOutputs<Dwords, Signed>(args);
}

}  // namespace edge_int8::core
