#include "core/kernels/kernels.h"

#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {

const KernelTable* FindKernels(Isa isa) {
  return isa == Isa::kScalar ? &kScalarKernels : FindVectorKernels(isa);
}

}  // namespace edge_int8::core
