// Winograd's transforms, one value at a time.
#include "core/kernels/scalar/scalar_kernels.h"
#include "core/kernels/winograd_loops.h"

namespace edge_int8::core {

void WinogradInputScalar(const WinogradInputArgs& args) {
  TransformInputs<uint16_t>(args);
}

void WinogradOutputScalar(const WinogradOutputArgs& args) {
  TransformOutputs<uint32_t, int32_t>(args);
}

}  // namespace edge_int8::core
