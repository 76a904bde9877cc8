// The targets of a C export by name.
#include "src/export/c/c_target.h"

#include <fmt/format.h>

#include <algorithm>
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
  return target != CTarget::kGeneric && !HasWordKernels(target);
}

}  // namespace edge_int8
