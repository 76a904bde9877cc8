// What a bench run keeps of its models' predictions for the report, beside
// results.json: errors.json (where the errors are) and player.json (poses of
// three recordings, to be played). docs/report.md says what each key holds.
// Tested by bench_record_test.cc.
#ifndef EDGE_INT8_SRC_RUN_BENCH_RECORD_H_
#define EDGE_INT8_SRC_RUN_BENCH_RECORD_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "src/pose/dataset.h"

namespace edge_int8 {

// Predictions of one model for every window of a BenchRecord.
struct ModelPoses {
  std::string label;  // key in results.json
  std::string title;
  std::vector<float> poses;  // or scores of classes
};

// The clean windows of the test split, in the split's order.
struct BenchRecord {
  std::vector<int64_t> windows;  // indices into the set
  std::vector<int> files;        // of each window
  WindowTargets truth;
  std::vector<float> mean_pose;  // the train split's constant answer
  // fp32 first, the others in the table's order.
  std::vector<ModelPoses> models;
  std::size_t judge = 0;  // of models: whose errors rank the recordings
};

// {metric, normalization, split, split_id, subset, windows, threshold_step,
// dims, example_pose, skeleton, joint_names, models [{label, title, within,
// joints}]}; the last model is the mean pose. Of classes {..., classes, names,
// models [{label, title, confusion}]}.
nlohmann::json ErrorsJson(const Dataset& dataset, const BenchRecord& record);

// Of poses. {split, subset, joints, dims, skeleton, unit, ranked_by, models,
// csi, files [{which, file, mean_error, windows, chunks [{windows, poses,
// csi}]}]}. The best, the median and the worst recording by the mean error of
// the model `judge`; only the first kMostPlayerWindows of each.
nlohmann::json PlayerJson(const Dataset& dataset, const BenchRecord& record);

inline constexpr int kMostPlayerWindows = 240;
inline constexpr int kPlayerChunk = 30;  // windows

// The true pose with the joints furthest apart (its closest pair, over the
// scale, is the widest): what a drawing of "per joint" stands on.
std::vector<float> MostSpreadPose(std::span<const float> truth,
                                  const Metric& metric = {});

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_BENCH_RECORD_H_
