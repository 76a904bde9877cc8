// Where the parts of one batch, computed side by side, add up what depends on
// the whole batch: a batch norm's moments and their gradients. Tested by
// micro_batches_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_BATCH_MEETING_H_
#define EDGE_INT8_TRAIN_SIMULATION_BATCH_MEETING_H_

#include <memory>
#include <vector>

namespace edge_int8::train {

// All parts of a batch: [part][number], in the batch's order.
using BatchParts = std::vector<std::vector<double>>;

class BatchMeeting {
 public:
  virtual ~BatchMeeting() = default;
  // Gives what this part has and waits for the others: all parts' numbers, the
  // same object for all. Every part comes to the same meetings in the same
  // order.
  virtual std::shared_ptr<const BatchParts> Meet(std::vector<double> mine) = 0;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_BATCH_MEETING_H_
