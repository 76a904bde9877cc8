// The instruction sets the engine has kernels for, and which of them this
// machine can run. Tested by isa_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_ISA_H_
#define EDGE_INT8_CORE_KERNELS_ISA_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace edge_int8::core {

enum class Isa : uint8_t {
  kScalar,
  kAvx2,
  kAvxVnni,         // VNNI on 256 bits, however the machine encodes it
  kAvx512VnniBase,  // without VBMI, which else is used where it is
  kAvx512Vnni,
  kNeon,
  kNeonDot,
  kSimd128,      // of WebAssembly
  kRelaxedSimd,  // the same with relaxed SIMD's dot product
};

inline constexpr int kIsaCount = 9;

// "scalar", "avx2", "avxvnni", "avx512vnni_base", "avx512vnni", "neon",
// "neon_dot", "simd128", "relaxed_simd".
std::string_view IsaName(Isa isa);
std::optional<Isa> ParseIsa(std::string_view name);

// Built into this program and usable on this machine, slowest first; always
// begins with kScalar.
std::vector<Isa> AvailableIsas();
bool IsAvailable(Isa isa);
Isa BestIsa();

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_ISA_H_
