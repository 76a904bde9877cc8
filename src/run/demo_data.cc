#include "src/run/demo_data.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "src/base/error.h"
#include "src/pose/file_split.h"

namespace edge_int8 {
namespace {

// The set of assets/half.json. The file list and with it the split are the
// set's own, whatever part of it is written.
constexpr int kFiles = 500;
constexpr int kWindows = 40;
constexpr uint64_t kSeed = 42;

void AppendFirst(const std::vector<int>& files, int count,
                 std::vector<int>& chosen) {
  const auto most =
      std::min<std::size_t>(files.size(), static_cast<std::size_t>(count));
  chosen.insert(chosen.end(), files.begin(),
                files.begin() + static_cast<std::ptrdiff_t>(most));
}

// The marker is written last, next to the folder's own synthetic.json, and says
// what was asked for.
std::filesystem::path MarkerOf(const std::filesystem::path& folder) {
  return folder / kDemoMark;
}

nlohmann::json MarkerFor(const SynthOptions& options) {
  return {{"version", kSynthVersion},
          {"files", options.files},
          {"windows", options.windows},
          {"seed", options.seed},
          {"only_files", options.only_files.value_or(std::vector<int>{})}};
}

bool HasMarker(const std::filesystem::path& folder,
               const nlohmann::json& expected) {
  std::ifstream in(MarkerOf(folder));
  return in && nlohmann::json::parse(in, nullptr, false) == expected;
}

}  // namespace

// Where `cmake --install` puts it, from the program wherever that was moved, or
// beside the sources.
std::filesystem::path DemoCheckpoint() {
  std::error_code ignored;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (const std::filesystem::path& folder :
       {program.parent_path().parent_path() / "share/edge-int8",
        std::filesystem::path(EDGE_INT8_SOURCE_ASSETS)}) {
    const std::filesystem::path path = folder / "half.pth";
    if (std::filesystem::exists(path, ignored)) return path;
  }
  FailInput(EDGE_INT8_SOURCE_ASSETS,
            "the demo checkpoint half.pth is not here; give --checkpoint and "
            "--data");
}

SynthOptions DemoSynthOptions(const DemoFiles& files) {
  const FileSplit split = SplitFiles(kFiles);
  std::vector<int> chosen;
  AppendFirst(split.train, files.train, chosen);
  AppendFirst(split.val, files.val, chosen);
  AppendFirst(split.test, files.test, chosen);
  std::sort(chosen.begin(), chosen.end());
  return {kFiles, kWindows, kSeed, std::move(chosen)};
}

void EnsureDemoData(const std::filesystem::path& folder,
                    const SynthOptions& options) {
  const nlohmann::json marker = MarkerFor(options);
  if (HasMarker(folder, marker)) return;
  WriteSyntheticDataset(folder, options, IfExists::kReplace);
  WriteFile(MarkerOf(folder), marker.dump() + "\n", IfExists::kReplace);
}

}  // namespace edge_int8
