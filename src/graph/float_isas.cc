#include "src/graph/float_isas.h"

#include <fmt/format.h>

#include <string>

#include "src/base/error.h"

namespace edge_int8 {

std::vector<const FloatKernels*> UsableFloatKernels() {
  std::vector<const FloatKernels*> usable;
#if defined(__x86_64__)
  // These also ask the operating system whether it saves the registers.
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq");
  if (avx512) usable.push_back(&kFloatKernelsAvx512);
  if (avx2) usable.push_back(&kFloatKernelsAvx2);
#endif
  usable.push_back(&kFloatKernelsGeneric);
  return usable;
}

const FloatKernels& FindFloatKernels(std::string_view isa) {
  const std::vector<const FloatKernels*> usable = UsableFloatKernels();
  if (isa.empty()) return *usable.front();
  std::string names;
  for (const FloatKernels* kernels : usable) {
    if (isa == kernels->name) return *kernels;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", kernels->name);
  }
  FailUsage(
      fmt::format("instruction set '{}' is none of those this machine "
                  "runs in float: {}",
                  isa, names));
}

}  // namespace edge_int8
