// The primitives of general_kernels.h, compiled for AVX2.
#include "core/kernels/general_loops.h"
#include "core/kernels/x86/avx2_kernels.h"

namespace edge_int8::core {
namespace {

constexpr GeneralKernels OfAvx2() {
  GeneralKernels kernels = kGeneralLoops;
  kernels.map_u8 = MapU8Avx2;
  kernels.map_u8_s16 = MapU8S16Avx2;
  kernels.turn_u8 = TurnU8Avx2;
  kernels.turn_u16 = TurnU16Avx2;
  return kernels;
}

}  // namespace

const GeneralKernels kGeneralAvx2 = OfAvx2();

}  // namespace edge_int8::core
