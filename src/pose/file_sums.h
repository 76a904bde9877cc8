// A model's score summed by recording: all that comparing two models on the
// same windows needs, small enough to keep for hundreds of models. Tested by
// file_sums_test.cc.
#ifndef EDGE_INT8_SRC_POSE_FILE_SUMS_H_
#define EDGE_INT8_SRC_POSE_FILE_SUMS_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/pose_metric.h"

namespace edge_int8 {

struct FileSums {
  int file = 0;
  int64_t joints = 0;  // of all its windows
  std::array<int64_t, kPckThresholds> hits = {};
  double error_sum = 0;  // over joints of finite windows
  bool operator==(const FileSums&) const = default;
};

// By ascending file. files[i] is the file of window i.
std::vector<FileSums> SumByFile(std::span<const PoseTally> tallies,
                                std::span<const int> files);

// A mean difference and its standard error, with files as the clusters that
// are drawn: windows of one recording are not independent. With one file the
// error is 0, as the bootstrap's interval would be a point.
struct PairedDifference {
  double mean = 0;
  double standard_error = 0;
  // Whether it is further from 0 than so many standard errors.
  bool Beyond(double errors) const;
};

// Of b minus a: PCK@percent as a fraction, and the mean joint error.
PairedDifference PckDifference(std::span<const FileSums> a,
                               std::span<const FileSums> b, int percent);
PairedDifference ErrorDifference(std::span<const FileSums> a,
                                 std::span<const FileSums> b);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_FILE_SUMS_H_
