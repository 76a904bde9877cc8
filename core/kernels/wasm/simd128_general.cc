// The primitives of general_kernels.h, compiled for SIMD128.
#include "core/kernels/general_loops.h"
#include "core/kernels/wasm/wasm_kernels.h"

namespace edge_int8::core {

const GeneralKernels kGeneralSimd128 = kGeneralLoops;

}  // namespace edge_int8::core
