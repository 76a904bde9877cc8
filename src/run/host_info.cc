#include "src/run/host_info.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/kernels/isa.h"
#include "src/base/parallel.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

// x86 says "model name"; many Arm kernels say nothing better than "Model".
std::string CpuModel() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("model name") || line.starts_with("Model")) {
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos) return line.substr(colon + 2);
    }
  }
  return "unknown";
}

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace

nlohmann::json HostInfo() {
  return {{"name", HostName()},
          {"cpu", CpuModel()},
          {"isa", core::IsaName(IsaFromEnvironment())},
          {"threads", ThreadCount()}};
}

std::string UtcNow(bool compact) {
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(
      std::chrono::system_clock::now());
  return compact ? fmt::format("{:%Y%m%dT%H%M%SZ}", now)
                 : fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", now);
}

}  // namespace edge_int8
