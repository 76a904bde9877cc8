// A batch as micro-batches of a fixed size, which threads and ranks of a job
// share out: what is computed for one depends on it alone, and what is summed
// over them is summed in an order that is nobody's choice. So training gives
// the same bits on any number of threads and ranks. Tested by
// micro_batches_test.cc and, on several ranks, by tests/ranks.
#ifndef EDGE_INT8_TRAIN_COMMANDS_MICRO_BATCHES_H_
#define EDGE_INT8_TRAIN_COMMANDS_MICRO_BATCHES_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/base/rank_share.h"
#include "train/simulation/batch_meeting.h"

namespace edge_int8::train {

// Windows of a micro-batch: enough for a matrix product to be one, few enough
// that a batch of 64 serves four threads or ranks.
inline constexpr int64_t kMicroBatch = 16;

// How a batch of so many windows is cut on this rank. A GPU wants all of its
// rank's windows at once, and has other bits for another number of ranks.
class MicroBatches {
 public:
  MicroBatches(int64_t windows, at::Device device);
  int64_t count() const { return count_; }  // of the whole batch
  const Share& mine() const { return mine_; }
  // The part of the batch's indices that is micro-batch m.
  std::span<const int64_t> Of(std::span<const int64_t> batch, int64_t m) const;
  // Its share of the batch's windows.
  double Weight(int64_t m) const;
  // Whether a rank of the job has none.
  bool leaves_ranks_idle() const { return count_ < World().size(); }

 private:
  Share WindowsOf(int64_t m) const;
  int64_t windows_ = 0, count_ = 0;
  bool whole_share_ = false;
  Share mine_;
};

// The sum of gradients over all micro-batches of all ranks, exact: each value
// is rounded once to a multiple of 2^-44 and summed as an integer. The
// alternative, adding floats in micro-batch order, would send every
// micro-batch's gradients through the network instead of one sum a rank.
class GradientSum {
 public:
  explicit GradientSum(int64_t values);
  // Of a micro-batch, of its loss times its `weight`; weights sum to 1.
  void Add(const at::Tensor& gradients, double weight);
  // Writes the sum over all ranks and is empty again. False when a value of
  // some micro-batch was not finite or not below 2^16 times its weight.
  bool Finish(const at::Tensor& gradients);

 private:
  std::vector<int64_t> sum_;  // the last one counts what was refused
};

// Calls body(m, meeting) for this rank's micro-batches side by side, each on a
// thread of its own of which ThreadCount() run at once. All bodies go to the
// same meetings; `meeting` is null where there is one micro-batch in all. What
// the lowest one throws is thrown here.
void RunSideBySide(const MicroBatches& micros,
                   const std::function<void(int64_t, BatchMeeting*)>& body);

// One number of each micro-batch, in order, of all ranks'.
std::vector<double> OfAllMicroBatches(const MicroBatches& micros,
                                      std::vector<double> mine);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_MICRO_BATCHES_H_
