// Machines this project has no vector kernels for.
#include "core/kernels/kernels.h"

namespace edge_int8::core {

const KernelTable* FindVectorKernels(Isa) { return nullptr; }

}  // namespace edge_int8::core
