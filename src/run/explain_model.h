// What `explain` does: where an integer model loses, tensor by tensor and step
// by step, under the locked metric and in signal-to-noise. Tested by
// explain_model_test.cc. The JSON is described in docs/explain.md.
#ifndef EDGE_INT8_SRC_RUN_EXPLAIN_MODEL_H_
#define EDGE_INT8_SRC_RUN_EXPLAIN_MODEL_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/pose/joint_scores.h"
#include "src/pose/pose_metric.h"
#include "src/run/quantize_checkpoint.h"
#include "src/study/explain/tensor_study.h"

namespace edge_int8 {

// The PCK thresholds that the tables and the JSON show.
inline constexpr std::array kExplainedPercents = {10, 20, 50};

struct ExplainOptions {
  std::filesystem::path checkpoint;
  NetworkOptions network = {};
  std::filesystem::path plan;  // instead of the request's recipe
  QuantizeRequest request;
  Split split = Split::kVal;
  Subset subset = Subset::kClean;
  int64_t windows = 1000;  // at most, spread over the split
};

// One way to run the network.
struct ExplainedCase {
  Score score;
  // 10 log10 of the variance of the float model's poses over the mean squared
  // difference from them; infinite when nothing differs.
  double snr_db = std::numeric_limits<double>::infinity();
};

struct ExplainedTensor {
  StudiedTensor tensor;
  double own_snr_db = 0;  // of the tensor's own values
  RangeCounts range;      // where these lie
  ExplainedCase only;     // this tensor rounded, nothing else
  ExplainedCase all_but;  // everything rounded, but this tensor
};

struct LadderStep {
  std::string name;
  ExplainedCase result;
};

using JointScores = std::vector<JointScore>;

struct Explanation {
  ExplainOptions options;
  std::string checkpoint_sha256;
  std::string variant;
  std::string recipe;  // as the plan has it
  bool synthetic = false;
  Metric metric;
  std::string split_id;
  int64_t windows = 0;
  int files = 0;
  Score baseline_mean_pose;
  std::vector<LadderStep> ladder;  // from fp32 to the engine
  ExplainedCase weights_only;
  ExplainedCase activations_only;
  ExplainedCase everything;  // weights and activations, still in float
  std::vector<ExplainedTensor> tensors;
  // Of poses, by joint: of the float model, of the engine, and by axis of poses
  // whose x (y, z) is the engine's and whose others are the float model's.
  JointScores joints_fp32, joints_int8;
  std::vector<JointScores> joints_by_axis;
};

Explanation Explain(const Dataset& dataset, const ExplainOptions& options);

nlohmann::json ToJson(const Explanation& explanation);
// The `most` tensors that lose most, all of them for 0.
std::string ExplanationTable(const Explanation& explanation, int most);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_EXPLAIN_MODEL_H_
