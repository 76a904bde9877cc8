// Times in fixed memory: counted by bins that are 2% wide, so that a percentile
// of a day of poses is known to 2%. Tested by latency_counts_test.cc.
#ifndef EDGE_INT8_SRC_LIVE_LATENCY_COUNTS_H_
#define EDGE_INT8_SRC_LIVE_LATENCY_COUNTS_H_

#include <cstdint>
#include <vector>

namespace edge_int8 {

class LatencyCounts {
 public:
  LatencyCounts();
  void Add(double ms);
  int64_t count() const { return count_; }
  double most() const { return most_; }
  // `share` in [0, 1]; 0 of no times.
  double Percentile(double share) const;

 private:
  std::vector<int64_t> bins_;
  int64_t count_ = 0;
  double most_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_LATENCY_COUNTS_H_
