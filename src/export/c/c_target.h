// What a C export is written for. Tables are laid out for the target's kernels;
// the bits are the same. Tested by c_targets_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_
#define EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_

#include <optional>
#include <string_view>

namespace edge_int8 {

// kGeneric is plain C99; kCortexM4 wants Arm's DSP extension (Cortex-M4, M7,
// M33).
enum class CTarget { kGeneric, kCortexM4 };

inline std::optional<CTarget> FindCTarget(std::string_view name) {
  if (name == "generic") return CTarget::kGeneric;
  if (name == "cortex-m4") return CTarget::kCortexM4;
  return {};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_
