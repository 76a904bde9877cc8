// One table of primitives per instruction set. Tested by kernels_test.cc, which
// runs every table against core/arith.
#ifndef EDGE_INT8_CORE_KERNELS_KERNELS_H_
#define EDGE_INT8_CORE_KERNELS_KERNELS_H_

#include "core/kernels/isa.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

// Null when this program was built without that instruction set, or this
// machine can't run it.
const KernelTable* FindKernels(Isa isa);

// The same for all but kScalar: kernels_x86.cc, kernels_arm64.cc,
// kernels_other.cc or one of WebAssembly's two, whichever was built.
const KernelTable* FindVectorKernels(Isa isa);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_KERNELS_H_
