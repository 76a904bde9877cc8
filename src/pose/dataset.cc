#include "src/pose/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <system_error>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/base/sha256.h"
#include "src/formats/npy.h"
#include "src/pose/corruption.h"
#include "src/pose/file_split.h"
#include "src/pose/pairs_description.h"
#include "src/pose/pairs_layout.h"

namespace edge_int8 {
namespace {

constexpr std::array<std::string_view, 4> kSplitNames = {"train", "val", "test",
                                                         "all"};
constexpr std::array<std::string_view, 2> kSubsetNames = {"full", "clean"};

// Windows that one thread looks at before it takes the next: 2.8 MB.
constexpr int64_t kBlock = 64;

// Index of `name` in `names`, or kUsage.
template <std::size_t kCount>
std::size_t ParseName(const std::array<std::string_view, kCount>& names,
                      std::string_view name, std::string_view what) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    FailUsage(fmt::format("'{}' is no {}", name, what));
  }
  return static_cast<std::size_t>(found - names.begin());
}

// Calls body(first, end) for blocks of [0, count), in parallel, with progress.
template <typename Body>
void ForBlocks(std::string what, int64_t count, const Body& body) {
  Progress progress(std::move(what), count, "windows");
  ParallelFor((count + kBlock - 1) / kBlock, [&](int64_t block) {
    const int64_t first = block * kBlock;
    const int64_t end = std::min(first + kBlock, count);
    body(first, end);
    progress.Add(end - first);
  });
}

std::vector<uint8_t> ReadMasks(const std::vector<std::filesystem::path>& paths,
                               int64_t windows) {
  std::vector<uint8_t> masked(static_cast<std::size_t>(windows), 0);
  for (const std::filesystem::path& path : paths) {
    const MappedNpy file(path);
    file.view().ExpectShape({windows});
    const std::vector<uint8_t> mask = file.view().Booleans();
    for (std::size_t i = 0; i < masked.size(); ++i) {
      masked[i] |= mask[i];
    }
  }
  return masked;
}

// Of what the ranks of a job must have in common: every target, and windows
// here and there, since a pass over all of them would cost each machine the
// reading of the whole set.
std::string Digest(const DatasetContents& contents) {
  if (World().size() == 1) return "";
  constexpr int64_t kSamples = 16;
  const WindowArray& windows = *contents.windows;
  const auto hash = [](const auto& values) {
    return Sha256(std::as_bytes(std::span(values)));
  };
  std::string text =
      fmt::format("{} {} {} ", windows.size(), hash(contents.window_file_index),
                  hash(contents.targets.poses)) +
      hash(contents.targets.labels);
  for (int64_t i = 0; i < std::min(kSamples, windows.size()); ++i) {
    text += hash(windows.Values(i * windows.size() /
                                std::min(kSamples, windows.size())));
  }
  return Sha256(std::as_bytes(std::span(text)));
}

}  // namespace

std::string_view SplitName(Split split) {
  return kSplitNames[static_cast<std::size_t>(split)];
}
std::string_view SubsetName(Subset subset) {
  return kSubsetNames[static_cast<std::size_t>(subset)];
}
Split ParseSplit(std::string_view name) {
  return static_cast<Split>(
      ParseName(kSplitNames, name, "split: train, val, test or all"));
}
Subset ParseSubset(std::string_view name) {
  return static_cast<Subset>(
      ParseName(kSubsetNames, name, "subset: full or clean"));
}

struct Dataset::Impl {
  enum Verdict : uint8_t { kUnknown, kClean, kCorrupt };

  std::filesystem::path folder;
  DatasetContents contents;
  std::string split_id;
  // Windows by file, ascending inside each: those of file f are
  // [starts[f], starts[f + 1]).
  std::vector<int64_t> by_file;
  std::vector<std::size_t> starts;
  std::array<std::vector<int>, 4> split_files;  // by Split
  std::vector<uint8_t> masked;                  // one per window
  // What is known of each window so far; any thread may find it out, and all
  // find the same.
  std::vector<std::atomic<uint8_t>> verdicts;
  std::once_flag scanned;
  WindowScan scan;

  void SortByFile() {
    const std::vector<int>& file_of = contents.window_file_index;
    starts.assign(AsSize(contents.files()) + 1, 0);
    for (const int file : file_of) ++starts[AsSize(file) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    by_file.resize(file_of.size());
    std::vector<std::size_t> next = starts;
    for (std::size_t w = 0; w < file_of.size(); ++w) {
      by_file[next[AsSize(file_of[w])]++] = static_cast<int64_t>(w);
    }
  }

  bool HasBadValue(int64_t window) const {
    const WindowArray& array = *contents.windows;
    if (!contents.bounded && array.always_finite()) return false;
    bool bad = false;
    array.ForPieces(window, [&](std::span<const float> values) {
      bad = bad || (contents.bounded ? IsCorrupt(values) : !AllFinite(values));
    });
    return bad;
  }
};

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::~Dataset() = default;
Dataset::Dataset(Dataset&&) noexcept = default;

Dataset Dataset::Open(const std::filesystem::path& folder,
                      const DatasetOptions& options) {
  std::error_code ignored;
  if (options.keypoints_root &&
      !std::filesystem::is_directory(*options.keypoints_root, ignored)) {
    FailInput(
        options.keypoints_root->string(),
        "is no folder, expected one of keypoint CSVs as --keypoints-root");
  }
  if (options.keypoints_root && IsPairsFolder(folder)) {
    FailUsage("--keypoints-root is of upstream's layout; " + folder.string() +
              " is of pairs");
  }
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->contents = IsPairsFolder(folder)
                       ? ReadPairsLayout(folder)
                       : ReadUpstreamLayout(folder, options.keypoints_root);
  const DatasetContents& contents = impl->contents;
  const int64_t windows = contents.windows->size();
  impl->verdicts = std::vector<std::atomic<uint8_t>>(AsSize(windows));
  impl->SortByFile();
  impl->masked = ReadMasks(options.corrupt_masks, windows);
  FileSplit split = options.hold_out
                        ? HoldOut(contents.file_names, *options.hold_out)
                        : edge_int8::SplitFiles(contents.files());
  impl->split_id = options.hold_out ? "hold-out:" + *options.hold_out
                                    : fmt::format("seed{}", kSplitSeed);
  std::vector<int> all(AsSize(contents.files()));
  std::iota(all.begin(), all.end(), 0);
  impl->split_files = {std::move(split.train), std::move(split.val),
                       std::move(split.test), std::move(all)};
  RequireSameOnAllRanks(fmt::format("the data set {}", folder.string()),
                        Digest(contents));
  return Dataset(std::move(impl));
}

const std::filesystem::path& Dataset::folder() const { return impl_->folder; }
int64_t Dataset::windows() const { return impl_->contents.windows->size(); }
int Dataset::files() const { return impl_->contents.files(); }
const std::vector<std::string>& Dataset::file_names() const {
  return impl_->contents.file_names;
}
TargetMode Dataset::target_mode() const { return impl_->contents.target_mode; }
bool Dataset::synthetic() const { return impl_->contents.synthetic; }
const Task& Dataset::task() const { return impl_->contents.task; }
const std::string& Dataset::split_id() const { return impl_->split_id; }
const std::string& Dataset::window_file() const {
  return impl_->contents.window_file;
}

void Dataset::Read(int64_t window, std::span<float> out) const {
  impl_->contents.windows->Read(window, out);
}

std::vector<float> Dataset::Window(int64_t window) const {
  return impl_->contents.windows->Values(window);
}

const WindowTargets& Dataset::targets() const {
  return impl_->contents.targets;
}

std::span<const float> Dataset::Target(int64_t window) const {
  const std::size_t values = metric().pose_values();
  return std::span<const float>(targets().poses)
      .subspan(AsSize(window) * values, values);
}

int Dataset::FileOf(int64_t window) const {
  return impl_->contents.window_file_index[AsSize(window)];
}

const std::vector<int>& Dataset::SplitFiles(Split split) const {
  return impl_->split_files[static_cast<std::size_t>(split)];
}

std::string Dataset::TrainShare() const {
  return fmt::format("the set has {} file{}, of which {} train", files(),
                     files() == 1 ? "" : "s", SplitFiles(Split::kTrain).size());
}

bool Dataset::Masked(int64_t window) const {
  return impl_->masked[static_cast<std::size_t>(window)] != 0;
}

bool Dataset::Corrupt(int64_t window) const {
  const auto index = static_cast<std::size_t>(window);
  std::atomic<uint8_t>& verdict = impl_->verdicts[index];
  if (verdict == Impl::kUnknown) {
    const bool corrupt =
        impl_->masked[index] != 0 || impl_->HasBadValue(window);
    verdict = corrupt ? Impl::kCorrupt : Impl::kClean;
  }
  return verdict == Impl::kCorrupt;
}

const WindowScan& Dataset::Scan() const {
  std::call_once(impl_->scanned, [this] {
    const int64_t count = windows();
    const int64_t blocks = (count + kBlock - 1) / kBlock;
    std::vector<ValueStatistics> found(static_cast<std::size_t>(blocks));
    WindowScan scan;
    scan.corrupt.resize(static_cast<std::size_t>(count));
    ForBlocks("scan windows", count, [&](int64_t first, int64_t end) {
      for (int64_t i = first; i < end; ++i) {
        scan.corrupt[static_cast<std::size_t>(i)] = Corrupt(i);
        impl_->contents.windows->ForPieces(
            i, [&](std::span<const float> values) {
              found[static_cast<std::size_t>(first / kBlock)].Add(values);
            });
      }
    });
    ValueStatistics all;
    for (const ValueStatistics& block : found) all.Merge(block);
    if (all.finite > 0) {
      scan.value_min = all.min;
      scan.value_max = all.max;
      scan.clipped_share =
          static_cast<double>(all.clipped) / static_cast<double>(all.finite);
    }
    impl_->scan = std::move(scan);
  });
  return impl_->scan;
}

// In parallel, each rank of a job its share; then every answer is known.
void Dataset::JudgeWindows(const std::vector<int64_t>& windows) const {
  const Share mine = MyShare(std::ssize(windows));
  std::vector<uint8_t> corrupt(windows.size());
  ForBlocks("check windows", mine.size(), [&](int64_t first, int64_t end) {
    for (int64_t i = mine.first + first; i < mine.first + end; ++i) {
      corrupt[AsSize(i)] = Corrupt(windows[AsSize(i)]);
    }
  });
  GatherSlices(std::span(corrupt), mine.first, mine.end);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    impl_->verdicts[AsSize(windows[i])] =
        corrupt[i] != 0 ? Impl::kCorrupt : Impl::kClean;
  }
}

Selection Dataset::Select(Split split, Subset subset) const {
  Selection selection{split, subset, {}, {}};
  for (const int file : SplitFiles(split)) {
    const auto at = AsSize(file);
    selection.windows.insert(
        selection.windows.end(),
        impl_->by_file.begin() + static_cast<std::ptrdiff_t>(impl_->starts[at]),
        impl_->by_file.begin() +
            static_cast<std::ptrdiff_t>(impl_->starts[at + 1]));
  }
  std::vector<int64_t>& windows = selection.windows;
  if (split == Split::kAll) std::ranges::sort(windows);
  if (subset == Subset::kClean) {
    JudgeWindows(windows);
    std::erase_if(windows, [this](int64_t window) { return Corrupt(window); });
  }
  for (const int64_t window : windows) {
    selection.files.push_back(FileOf(window));
  }
  return selection;
}

void SelectionSource::Read(int64_t index, std::span<float> out) const {
  const int64_t window = windows_[static_cast<std::size_t>(index)];
  if (dataset_.Corrupt(window)) {
    std::ranges::fill(out, 0.0f);
  } else {
    dataset_.Read(window, out);
  }
}

}  // namespace edge_int8
