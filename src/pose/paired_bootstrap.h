// Confidence interval of the difference between two models scored on the same
// windows, by resampling *files* (windows of one recording are not
// independent). Tested by paired_bootstrap_test.cc.
#ifndef EDGE_INT8_SRC_POSE_PAIRED_BOOTSTRAP_H_
#define EDGE_INT8_SRC_POSE_PAIRED_BOOTSTRAP_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "src/pose/file_sums.h"
#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct BootstrapOptions {
  int resamples = 1000;
  uint64_t seed = 42;
  double confidence = 0.95;
};

struct Interval {
  double low = 0;
  double high = 0;
};

// PCK@percent of b minus that of a, as a fraction. Tallies are aligned with
// files[i], the file of window i. Throws kBadInput when there are none.
//
// With one file every resample is that file, so both ends are the difference
// itself: a point, which says nothing about other recordings.
Interval PairedPckInterval(std::span<const PoseTally> a,
                           std::span<const PoseTally> b,
                           std::span<const int> files, int percent,
                           const BootstrapOptions& options = {});

// The same of the mean joint error, where less is better. Of models whose
// answers are all finite: a window that is not has no error.
Interval PairedErrorInterval(std::span<const PoseTally> a,
                             std::span<const PoseTally> b,
                             std::span<const int> files,
                             const BootstrapOptions& options = {});

// The same of tallies that were summed by file; both of the same windows.
Interval PairedPckInterval(std::span<const FileSums> a,
                           std::span<const FileSums> b, int percent,
                           const BootstrapOptions& options = {});

// What an interval of b minus a, more being better, says about b:
//   kBetter    its bad end (low) is above 0
//   kNotWorse  its bad end is at or above -tolerance: not worse by more
//   kWorse     its good end (high) is below -tolerance: worse by more
enum class Verdict { kBetter, kNotWorse, kWorse, kInconclusive };
Verdict Judge(const Interval& difference, double tolerance);
std::string_view VerdictName(Verdict verdict);  // "better", "not worse", ...

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_PAIRED_BOOTSTRAP_H_
