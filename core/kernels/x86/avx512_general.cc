// The primitives of general_kernels.h, compiled for AVX-512.
#include "core/kernels/general_loops.h"
#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {

const GeneralKernels kGeneralAvx512 = kGeneralLoops;

}  // namespace edge_int8::core
