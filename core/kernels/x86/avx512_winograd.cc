// Winograd's transforms, 64 bytes at once.
#include "core/kernels/winograd_loops.h"
#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {
namespace {

typedef uint16_t Words __attribute__((vector_size(64)));
typedef uint16_t HalfWords __attribute__((vector_size(32)));
typedef uint32_t Dwords __attribute__((vector_size(64)));
typedef int32_t Signed __attribute__((vector_size(64)));

}  // namespace

void WinogradInputAvx512(const WinogradInputArgs& args) {
  if (args.channels % 32 == 0) {
    TransformInputs<Words>(args);
  } else {
    TransformInputs<HalfWords>(args);
  }
}

void WinogradOutputAvx512(const WinogradOutputArgs& args) {
  TransformOutputs<Dwords, Signed>(args);
}

}  // namespace edge_int8::core
