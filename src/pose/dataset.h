// A data set folder, of upstream's layout or of pairs: windows (mapped, never
// loaded), targets, corruption, and the split. docs/dataset.md says what each
// file holds. Tested by dataset_test.cc against targets, splits and masks
// computed by the original code, and by pairs_layout_test.cc.
#ifndef EDGE_INT8_SRC_POSE_DATASET_H_
#define EDGE_INT8_SRC_POSE_DATASET_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/pose/dataset_contents.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

enum class Split { kTrain, kVal, kTest, kAll };
enum class Subset { kFull, kClean };

std::string_view SplitName(Split split);     // "train", "val", "test", "all"
std::string_view SubsetName(Subset subset);  // "full", "clean"
Split ParseSplit(std::string_view name);     // throws kUsage
Subset ParseSubset(std::string_view name);   // throws kUsage

struct DatasetOptions {
  // Boolean masks of corrupt windows, or-ed with what the values say, for a
  // copy whose corrupt windows were already zeroed.
  std::vector<std::filesystem::path> corrupt_masks = {};
  // CSV mode: where keypoint files are, instead of the usual search.
  std::optional<std::filesystem::path> keypoints_root = {};
  // Recordings whose name matches are the test split.
  std::optional<std::string> hold_out = {};
};

// What a full pass over the windows finds. Scanning 15.5 GB takes a while, so
// it is done when first asked for, in parallel, with progress.
struct WindowScan {
  std::vector<uint8_t> corrupt;  // one per window of the set
  float value_min = 0;           // of finite values
  float value_max = 0;
  double clipped_share = 0;  // finite values outside [0, 1], as a fraction
};

// Windows of one split and subset in "the split's order": files in shuffled
// order, windows ascending inside a file; kAll is in the set's own order.
struct Selection {
  Split split = Split::kAll;
  Subset subset = Subset::kFull;
  std::vector<int64_t> windows;  // indices into the set
  std::vector<int> files;        // file of each window, for the bootstrap
};

class Dataset {
 public:
  // Reads everything but the windows, which are mapped. Throws kBadInput, also
  // for a keypoints root that is not there, though npy mode needs none; kUsage
  // for a hold-out that leaves nothing to test or to train.
  static Dataset Open(const std::filesystem::path& folder,
                      const DatasetOptions& options = {});
  ~Dataset();
  Dataset(Dataset&&) noexcept;

  const std::filesystem::path& folder() const;
  int64_t windows() const;
  int files() const;
  const std::vector<std::string>& file_names() const;
  TargetMode target_mode() const;
  bool synthetic() const;  // The folder says so of itself.
  // What it asks of a model, with all sizes.
  const Task& task() const;
  const Metric& metric() const { return task().metric; }
  // "seed42" or "hold-out:REGEX": scores of two splits are never compared.
  const std::string& split_id() const;
  // Name of the windows' file in the folder.
  const std::string& window_file() const;

  // The mapped window as floats; `out` is task().window_values() long.
  void Read(int64_t window, std::span<float> out) const;
  std::vector<float> Window(int64_t window) const;
  // Of every window; poses are cleaned.
  const WindowTargets& targets() const;
  // One cleaned target pose.
  std::span<const float> Target(int64_t window) const;
  int FileOf(int64_t window) const;

  // File indices of a split in shuffled order; of kAll in the set's own order,
  // so that "every window" means one order everywhere.
  const std::vector<int>& SplitFiles(Split split) const;
  // "the set has 1 file, of which 0 train": why a train split has no windows.
  std::string TrainShare() const;
  // Values + masks. Computed once, then kept.
  const WindowScan& Scan() const;
  // True when one of the masks given to Open() names this window.
  bool Masked(int64_t window) const;
  // True when window values or a mask make it corrupt; looks at this window
  // only, so small selections of a huge set stay cheap.
  bool Corrupt(int64_t window) const;
  Selection Select(Split split, Subset subset) const;

 private:
  struct Impl;
  explicit Dataset(std::unique_ptr<Impl> impl);
  void JudgeWindows(const std::vector<int64_t>& windows) const;
  std::unique_ptr<Impl> impl_;
};

// Reads the windows of a selection; corrupt ones come out as zeros (in the
// clean subset there are none).
class SelectionSource : public WindowSource {
 public:
  SelectionSource(const Dataset& dataset, std::vector<int64_t> windows)
      : dataset_(dataset), windows_(std::move(windows)) {}
  int64_t size() const override {
    return static_cast<int64_t>(windows_.size());
  }
  void Read(int64_t index, std::span<float> out) const override;

 private:
  const Dataset& dataset_;
  std::vector<int64_t> windows_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_DATASET_H_
