// Upstream's preprocessed_csi_data layout. Declared in dataset_contents.h.
#include "src/base/error.h"
#include "src/base/shape_match.h"
#include "src/pose/dataset_contents.h"
#include "src/pose/dataset_files.h"
#include "src/pose/dataset_tables.h"
#include "src/pose/pose_targets.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {

DatasetContents ReadUpstreamLayout(
    const std::filesystem::path& folder,
    const std::optional<std::filesystem::path>& keypoints_root) {
  CheckDatasetFolder(folder);
  DatasetContents contents;
  contents.task = UpstreamTask();
  contents.window_file = kWindowFile;
  contents.bounded = true;
  const Shape window = {kSubcarriers, kFrames};
  contents.windows =
      std::make_unique<WindowArray>(folder / kWindowFile, std::nullopt, window);
  if (Squeezed(contents.windows->window()) != window) {
    ExpectWindows(contents.windows->view(), window);
  }
  if (contents.windows->size() == 0) {
    contents.windows->view().Fail("holds no windows");
  }
  DatasetTables tables = ReadDatasetTables(folder, contents.windows->size());
  const bool npy = std::filesystem::exists(folder / "all_keypoints.npy") &&
                   std::filesystem::exists(folder / "file_mappings.pkl");
  contents.target_mode = npy ? TargetMode::kNpy : TargetMode::kCsv;
  contents.targets.metric = contents.task.metric;
  contents.targets.poses = npy ? ReadNpyTargets(folder, tables)
                               : ReadCsvTargets(folder, tables, keypoints_root);
  contents.file_names = std::move(tables.keypoints_files);
  contents.window_file_index = std::move(tables.window_to_file);
  contents.synthetic = std::filesystem::exists(folder / kSynthMark);
  return contents;
}

}  // namespace edge_int8
