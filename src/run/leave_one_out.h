// `bench --leave-one-out REGEX`: what int8 costs on each group of recordings
// (a subject, a room) when that group is the test split and calibration sees
// the others only. Nothing is trained. Tested by leave_one_out_test.cc.
#ifndef EDGE_INT8_SRC_RUN_LEAVE_ONE_OUT_H_
#define EDGE_INT8_SRC_RUN_LEAVE_ONE_OUT_H_

#include <string>
#include <vector>

#include "src/run/bench_run.h"

namespace edge_int8 {

// The recordings of one group, and a pattern that matches their names alone.
struct RecordingGroup {
  std::string value;     // what the pattern's first group matched
  std::string hold_out;  // for DatasetOptions
  int recordings = 0;
};

// By what the first parenthesis of `pattern` matches in each name, or the whole
// match without one: "subject(\d+)". Recordings without a match are in no
// group. In the order of the values; numbers by their size. Throws kUsage
// unless there are two groups.
std::vector<RecordingGroup> GroupRecordings(
    const std::vector<std::string>& names, const std::string& pattern);

// Prints a row for each group and the mean and spread of all, and writes
// leave_one_out.json with the intervals under options.out.
void RunLeaveOneOut(const BenchOptions& options, const std::string& pattern);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_LEAVE_ONE_OUT_H_
