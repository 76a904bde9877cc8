// What a C export is written for. Tables are laid out for the target's kernels;
// the bits are the same. Tested by c_targets_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_
#define EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// kGeneric is plain C99.
enum class CTarget {
  kGeneric,
  kCortexM4,
  kCortexM33,
  kCortexM55,
  kRv32imc,
  kAarch64,
  kAuto  // one folder for all of them: the compiler's macros choose
};

// The kernels of a target are ei8_conv_<suffix>.c, ei8_attention_<suffix>.c and
// what else starts that way; one of plain C99 has none.
struct CTargetFiles {
  CTarget target;
  std::string_view name;    // of --target
  std::string_view suffix;  // "m4"
  std::string_view header;  // "ei8_cortex_m4.h"
  bool has_attention = false;
  bool has_add = false;  // a kernel for residual sums
};
const CTargetFiles& FilesOf(CTarget target);

// What a folder of kAuto holds, and src/ei8_select.h, which defines
// CTargetMacro() of the one that the compiler builds for.
std::vector<CTarget> AutoCTargets();
std::string CTargetMacro(CTarget target);
std::string CSelectHeader();

std::optional<CTarget> FindCTarget(std::string_view name);
std::vector<std::string> CTargetNames();
std::string CTargetList();  // "generic, cortex-m4 or ..."

// Whether ei8_<kernel>.c (or .h) belongs to some target, and to this one.
bool IsTargetCKernel(std::string_view kernel);
bool IsKernelOf(std::string_view kernel, CTarget target);
// Whether its convolutions are those of ei8_cortex_m4.h, of kRowsHeader.
bool HasWordKernels(CTarget target);
inline constexpr std::string_view kRowsHeader = "ei8_conv_rows.h";
bool HasRowKernels(CTarget target);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_TARGET_H_
