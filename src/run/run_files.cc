#include "src/run/run_files.h"

#include <algorithm>
#include <array>

#include "src/run/bench_extras.h"
#include "src/run/bench_fx.h"

namespace edge_int8 {
namespace {

constexpr std::string_view kPage = "report.html";

}  // namespace

std::vector<std::string> BenchFiles() {
  std::vector<std::string> names = FxOutputFiles();
  for (const std::string& name : ExtraFiles()) names.push_back(name);
  for (const char* name : {"results.json", "bench.log", "fp16.pth", "ptq.ei8",
                           "ptq-w4.ei8", "ptq-minmax.ei8"}) {
    names.emplace_back(name);
  }
  // The trainer's, with what it keeps beside them while it runs.
  for (const std::string name :
       {"qat.ei8", "qat-w4.ei8", "fp32-finetuned.pth", "fp32-finetuned.onnx"}) {
    for (const char* suffix : {"", ".state", ".log.json"}) {
      names.push_back(name + suffix);
    }
  }
  return names;
}

bool IsRunFile(std::string_view name) {
  constexpr std::array<std::string_view, 3> kOthers = {
      "explain.json", "search.json", "peers.json"};
  if (name == kPage) return false;
  if (name.starts_with("latency") && name.ends_with(".json")) return true;
  if (std::ranges::find(kOthers, name) != kOthers.end()) return true;
  const std::vector<std::string> bench = BenchFiles();
  return std::ranges::find(bench, name) != bench.end();
}

}  // namespace edge_int8
