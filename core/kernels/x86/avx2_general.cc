// The primitives of general_kernels.h, compiled for AVX2.
#include "core/kernels/general_loops.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {

const GeneralKernels kGeneralAvx2 = kGeneralLoops;

}  // namespace edge_int8::core
