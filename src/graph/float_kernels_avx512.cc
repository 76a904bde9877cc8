// float_kernels.h for AVX-512: 12 x 2 sums in 32
// registers. Compiled with its own flags, see CMakeLists.txt.
#if defined(__x86_64__)
#include "src/graph/float_kernels.h"

namespace edge_int8 {
namespace {
constexpr int kLanes = 16;
constexpr int kGemmRows = 12;
}  // namespace
}  // namespace edge_int8

#include "src/graph/float_kernel_loops.inc"

namespace edge_int8 {
constinit const FloatKernels kFloatKernelsAvx512 = MakeTable("avx512");
}  // namespace edge_int8
#endif
