// What `verify --against` does: two sources of poses, each a .pth, an .ei8 or a
// predictions file .npy (this program's or another runtime's), on the same
// windows: how far they are apart and what each scores. Tested by
// compare_outputs_test.cc.
#ifndef EDGE_INT8_SRC_RUN_COMPARE_OUTPUTS_H_
#define EDGE_INT8_SRC_RUN_COMPARE_OUTPUTS_H_

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct CompareOptions {
  std::filesystem::path model;
  std::filesystem::path against;
  NetworkOptions network = {};           // of whichever is a checkpoint
  std::filesystem::path input;           // windows .npy, where no dataset is
  Split split = Split::kTest;            // of the dataset
  Subset subset = Subset::kClean;        // of the dataset
  std::optional<double> tolerance = {};  // on the largest difference
};

struct ComparedSource {
  std::filesystem::path path;
  std::string sha256;
  std::optional<Score> score;  // where targets are known
};

struct Comparison {
  CompareOptions options;
  std::array<ComparedSource, 2> sources;  // model, against
  int64_t windows = 0;
  // In output units, over coordinates where both are finite.
  double largest = 0;
  double mean = 0;
  // 10 log10(S / N): S the spread of `against` around its mean over the
  // windows, N the squared differences. None where either is 0 or not finite.
  std::optional<double> snr_db = {};
  // Where the largest is: window in the selection's order, and which of its
  // outputs.
  int64_t at_window = 0;
  int64_t at_output = 0;
  int64_t coordinates = 0;  // of a joint: 2 or 3; 0 where outputs are no poses
  int64_t not_finite = 0;   // outputs where either is not
  Metric metric;            // of the scores, where there are any
  std::string split_id;
  std::optional<Score> baseline_mean_pose;
  bool synthetic = false;
  int files = 0;

  // True without a tolerance. A coordinate that is not finite is beyond any.
  bool WithinTolerance() const;
};

// `dataset` may be null; then options.input names the windows. Throws kBadInput
// when a predictions file holds another number of outputs, or a model is not of
// the windows' or the other's extents.
Comparison CompareOutputs(const Dataset* dataset,
                          const CompareOptions& options);

nlohmann::json ToJson(const Comparison& comparison);
// The scores, where there are any, as a table.
std::string ComparisonTable(const Comparison& comparison);
// One line, without a newline.
std::string ComparisonVerdict(const Comparison& comparison);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_COMPARE_OUTPUTS_H_
