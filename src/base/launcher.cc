#include "src/base/launcher.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

namespace edge_int8 {
namespace {

constexpr int kMostRanks = 1 << 20;

struct LauncherVariables {
  const char* launcher;
  const char* rank;
  const char* size;
};

// mpirun first: inside a Slurm allocation it starts its daemons by srun.
constexpr LauncherVariables kLaunchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    {"mpiexec", "PMI_RANK", "PMI_SIZE"},
    // The size of the step, which only srun sets: an sbatch script has
    // SLURM_PROCID and SLURM_NTASKS, too, and is one process.
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS"},
};

std::optional<int> Number(const char* text) {
  if (text == nullptr) return {};
  const std::string_view digits(text);
  int value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole =
      error == std::errc() && end == digits.data() + digits.size();
  return whole && value >= 0 && value <= kMostRanks ? std::optional(value)
                                                    : std::nullopt;
}

}  // namespace

Launch LaunchOf(const std::function<const char*(const char*)>& variable) {
  // The batch script itself: what it starts without srun is one process.
  const char* const step = variable("SLURM_STEP_ID");
  for (const LauncherVariables& names : kLaunchers) {
    const std::optional<int> rank = Number(variable(names.rank));
    const std::optional<int> size = Number(variable(names.size));
    if (!rank || !size || *rank >= *size) continue;
    if (std::string_view(names.launcher) == "srun" && step == nullptr) continue;
    return {names.launcher, *rank, *size};
  }
  return {};
}

Launch CurrentLaunch() {
  return LaunchOf([](const char* name) { return std::getenv(name); });
}

void ForgetLaunch() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    for (const std::string_view prefix :
         {"OMPI_", "PMIX_", "PMI_", "PRTE_", "SLURM_STEP", "SLURM_PROCID"}) {
      if (!text.starts_with(prefix)) continue;
      names.emplace_back(text.substr(0, text.find('=')));
    }
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

}  // namespace edge_int8
