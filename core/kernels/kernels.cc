#include "core/kernels/kernels.h"

#include "core/kernels/scalar_kernels.h"

namespace edge_int8::core {

const KernelTable* FindKernels(Isa isa) {
  return isa == Isa::kScalar ? &kScalarKernels : nullptr;
}

}  // namespace edge_int8::core
