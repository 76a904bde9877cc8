// float_kernels.h for any machine with 16-byte vectors (SSE2, NEON), compiled
// with the project's own flags: 5 x 2 sums leave room in 16 registers for the
// products, because multiply and add are separate here.
#include "src/graph/float_kernels.h"

namespace edge_int8 {
namespace {
constexpr int kLanes = 4;
constexpr int kGemmRows = 5;
}  // namespace
}  // namespace edge_int8

#include "src/graph/float_kernel_loops.inc"

namespace edge_int8 {
constinit const FloatKernels kFloatKernelsGeneric = MakeTable("generic");
}  // namespace edge_int8
