#include "src/run/extract_windows.h"

#include <fmt/format.h>

#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/base/progress.h"
#include "src/base/shape_match.h"
#include "src/formats/npy_writer.h"

namespace edge_int8 {

int64_t ExtractWindows(const Dataset& dataset, Split split, Subset subset,
                       const std::filesystem::path& output,
                       IfExists if_exists) {
  const Selection selection = dataset.Select(split, subset);
  if (selection.windows.empty()) {
    FailInput(dataset.folder().string(),
              fmt::format("split {}, subset {} has no windows",
                          SplitName(split), SubsetName(subset)));
  }
  const SelectionSource source(dataset, selection.windows);
  OutputFile file(output, if_exists);
  file.Write(
      NpyHeaderBytes("<f4", WithAxis(source.size(), dataset.task().window)));
  std::vector<float> window(dataset.task().window_values());
  Progress progress("windows", source.size(), "windows");
  for (int64_t n = 0; n < source.size(); ++n) {
    source.Read(n, window);
    file.Write(std::as_bytes(std::span<const float>(window)));
    progress.Add(1);
  }
  file.Commit();
  return source.size();
}

}  // namespace edge_int8
