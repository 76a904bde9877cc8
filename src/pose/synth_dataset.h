// `dataset synth`: a folder in upstream's preprocessed_csi_data layout, made
// from a seed. Tested by synth_dataset_test.cc.
//
// Same seed, same bytes, whatever the machine, the thread count and the other
// files asked for: file i is a function of (seed, i) alone, and its first w
// windows do not change when more are asked for.
// docs/synthetic.md describes the world and how hard the set is.
#ifndef EDGE_INT8_SRC_POSE_SYNTH_DATASET_H_
#define EDGE_INT8_SRC_POSE_SYNTH_DATASET_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "src/base/output_file.h"

namespace edge_int8 {

// Goes up whenever the bytes for a seed change.
inline constexpr int kSynthVersion = 1;
// Of a set with several rooms.
inline constexpr int kSynthRoomsVersion = 2;

// What bench puts beside its demo's set, to know it again.
inline constexpr const char* kDemoMark = "demo.json";

struct SynthOptions {
  int files = 500;   // recordings in the set
  int windows = 40;  // per recording
  uint64_t seed = 42;
  // Writes only these files' windows, in ascending order. The folder still
  // lists all `files` recordings, the others with empty window ranges
  // (start == end), so its split is the whole set's and no file changes side.
  std::optional<std::vector<int>> only_files = std::nullopt;
  // 0: version 1, one room that no name says. From 1 on version 2: names carry
  // subject and room, each recording is in one of the rooms.
  int rooms = 0;
};

// Builds the folder beside `out` and renames it when complete, so an
// interrupted run leaves nothing that looks like a set. kReplace (--force)
// replaces only a folder that carries synthetic.json (anything else may be
// somebody's measurements) and keeps files in it that aren't a set's. Throws
// kUsage on options out of range.
void WriteSyntheticDataset(const std::filesystem::path& out,
                           const SynthOptions& options, IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_SYNTH_DATASET_H_
