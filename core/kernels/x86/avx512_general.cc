// The primitives of general_kernels.h, compiled for AVX-512. Tables of bytes
// are looked up by VBMI where the machine has it, else by AVX2.
#include "core/kernels/general_loops.h"
#include "core/kernels/x86/avx2_kernels.h"
#include "core/kernels/x86/avx512_kernels.h"

namespace edge_int8::core {
namespace {

constexpr GeneralKernels With(decltype(GeneralKernels::map_u8) map_u8,
                              decltype(GeneralKernels::map_u8_s16) map_u8_s16) {
  GeneralKernels kernels = kGeneralLoops;
  kernels.map_u8 = map_u8;
  kernels.map_u8_s16 = map_u8_s16;
  kernels.turn_u8 = TurnU8Avx2;
  kernels.turn_u16 = TurnU16Avx2;
  return kernels;
}

}  // namespace

const GeneralKernels kGeneralAvx512 = With(MapU8Avx2, MapU8S16Avx2);
const GeneralKernels kGeneralVbmi = With(MapU8Vbmi, MapU8S16Vbmi);

}  // namespace edge_int8::core
