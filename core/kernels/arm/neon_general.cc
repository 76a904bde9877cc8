// The primitives of general_kernels.h, compiled for NEON.
#include "core/kernels/arm/neon_kernels.h"
#include "core/kernels/general_loops.h"

namespace edge_int8::core {

const GeneralKernels kGeneralNeon = kGeneralLoops;

}  // namespace edge_int8::core
