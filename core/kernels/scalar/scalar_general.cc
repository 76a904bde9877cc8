// The primitives of general_kernels.h, compiled as everything else is.
#include "core/kernels/general_loops.h"
#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {

const GeneralKernels kGeneralScalar = kGeneralLoops;

}  // namespace edge_int8::core
