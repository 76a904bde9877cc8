// Winograd's transforms, 16 bytes at once.
#include "core/kernels/wasm/wasm_kernels.h"
#include "core/kernels/winograd_loops.h"

namespace edge_int8::core {
namespace {

typedef uint16_t Words __attribute__((vector_size(16)));
typedef uint32_t Dwords __attribute__((vector_size(16)));
typedef int32_t Signed __attribute__((vector_size(16)));

}  // namespace

void WinogradInputSimd128(const WinogradInputArgs& args) {
  TransformInputs<Words>(args);
}

void WinogradOutputSimd128(const WinogradOutputArgs& args) {
  TransformOutputs<Dwords, Signed>(args);
}

}  // namespace edge_int8::core
