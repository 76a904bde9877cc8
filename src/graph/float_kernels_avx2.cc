// float_kernels.h for AVX2 with FMA: 6 x 2 sums in 16 registers. Compiled with
// its own flags, see CMakeLists.txt.
#if defined(__x86_64__)
#include "src/graph/float_kernels.h"

namespace edge_int8 {
namespace {
constexpr int kLanes = 8;
constexpr int kGemmRows = 6;
}  // namespace
}  // namespace edge_int8

#include "src/graph/float_kernel_loops.inc"

namespace edge_int8 {
constinit const FloatKernels kFloatKernelsAvx2 = MakeTable("avx2");
}  // namespace edge_int8
#endif
