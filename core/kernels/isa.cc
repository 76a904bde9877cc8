#include "core/kernels/isa.h"

#include <array>

#include "core/kernels/kernels.h"

namespace edge_int8::core {
namespace {

constexpr std::array<std::string_view, kIsaCount> kNames = {
    "scalar", "avx2",     "avxvnni", "avx512vnni_base", "avx512vnni",
    "neon",   "neon_dot", "simd128", "relaxed_simd"};

}  // namespace

std::string_view IsaName(Isa isa) {
  return kNames[static_cast<std::size_t>(isa)];
}

std::optional<Isa> ParseIsa(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Isa>(i);
  }
  return std::nullopt;
}

std::vector<Isa> AvailableIsas() {
  std::vector<Isa> isas;
  for (int i = 0; i < kIsaCount; ++i) {
    const auto isa = static_cast<Isa>(i);
    if (FindKernels(isa) != nullptr) isas.push_back(isa);
  }
  return isas;
}

bool IsAvailable(Isa isa) { return FindKernels(isa) != nullptr; }

Isa BestIsa() { return AvailableIsas().back(); }

}  // namespace edge_int8::core
