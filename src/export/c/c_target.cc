// The targets of a C export by name.
#include "src/export/c/c_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace edge_int8 {
namespace {

constexpr CTargetFiles kTargets[] = {
    {CTarget::kGeneric, "generic", "", "", false, false},
    {CTarget::kCortexM4, "cortex-m4", "m4", "ei8_cortex_m4.h", true, false},
    {CTarget::kCortexM33, "cortex-m33", "m4", "ei8_cortex_m4.h", true, false},
    {CTarget::kCortexM55, "cortex-m55", "m55", "ei8_cortex_m55.h", true, true},
    {CTarget::kRv32imc, "rv32imc", "rv32", "ei8_kernels_rv32.h", false, false},
    {CTarget::kAarch64, "aarch64", "aarch64", "ei8_kernels_aarch64.h", true,
     true},
    {CTarget::kAuto, "auto", "", "", false, false},
};

// The first condition that holds decides.
struct Choice {
  CTarget target;
  std::string_view condition;
};
constexpr Choice kChoices[] = {
    {CTarget::kCortexM55,
     "defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)"},
    {CTarget::kCortexM4,
     "defined(__ARM_FEATURE_DSP) && __ARM_ARCH_PROFILE == 'M'"},
    {CTarget::kAarch64, "defined(__aarch64__) && defined(__ARM_NEON)"},
    {CTarget::kRv32imc, "defined(__riscv) && __riscv_xlen == 32"},
    {CTarget::kGeneric, ""},
};

}  // namespace

const CTargetFiles& FilesOf(CTarget target) {
  return *std::ranges::find(kTargets, target, &CTargetFiles::target);
}

std::optional<CTarget> FindCTarget(std::string_view name) {
  const auto found = std::ranges::find(kTargets, name, &CTargetFiles::name);
  if (found == std::end(kTargets)) return {};
  return found->target;
}

std::vector<std::string> CTargetNames() {
  std::vector<std::string> names;
  for (const CTargetFiles& files : kTargets) names.emplace_back(files.name);
  return names;
}

std::string CTargetList() {
  std::vector<std::string> names = CTargetNames();
  const std::string last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

bool IsKernelOf(std::string_view kernel, CTarget target) {
  const std::string_view suffix = FilesOf(target).suffix;
  return !suffix.empty() && kernel.ends_with(fmt::format("_{}", suffix));
}

bool IsTargetCKernel(std::string_view kernel) {
  return std::ranges::any_of(kTargets, [&](const CTargetFiles& files) {
    return IsKernelOf(kernel, files.target);
  });
}

bool HasWordKernels(CTarget target) {
  return target == CTarget::kCortexM4 || target == CTarget::kCortexM33;
}

bool HasRowKernels(CTarget target) {
  return target != CTarget::kGeneric && target != CTarget::kAuto &&
         !HasWordKernels(target);
}

std::vector<CTarget> AutoCTargets() {
  std::vector<CTarget> targets;
  for (const Choice& choice : kChoices) targets.push_back(choice.target);
  return targets;
}

std::string CTargetMacro(CTarget target) {
  std::string suffix(FilesOf(target).suffix);
  if (suffix.empty()) suffix = "plain";
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return "EI8_FOR_" + suffix;
}

std::string CSelectHeader() {
  std::string text =
      "// Which kernels and tables this compiler builds.\n"
      "#ifndef EI8_SELECT_H_\n#define EI8_SELECT_H_\n\n";
  std::string_view word = "if";
  for (const Choice& choice : kChoices) {
    text += choice.condition.empty()
                ? "#else\n"
                : fmt::format("#{} {}\n", word, choice.condition);
    text += fmt::format("#define {}\n", CTargetMacro(choice.target));
    word = "elif";
  }
  return text +
         "#endif\n\n// A file must not be empty.\n"
         "typedef int ei8_selected;\n\n#endif  // EI8_SELECT_H_\n";
}

}  // namespace edge_int8
