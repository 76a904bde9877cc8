// The learning rate over training: constant and halved on a plateau, or one
// cycle; of fine-tuning a warm-up and a cosine. Tested by
// learning_rate_test.cc, the first two against PyTorch's schedulers.
#ifndef EDGE_INT8_TRAIN_COMMANDS_LEARNING_RATE_H_
#define EDGE_INT8_TRAIN_COMMANDS_LEARNING_RATE_H_

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "src/base/json_place.h"

namespace edge_int8::train {

enum class ScheduleKind { kPlateau, kOneCycle };
std::string_view ScheduleName(ScheduleKind kind);   // "plateau", "onecycle"
ScheduleKind ParseSchedule(std::string_view name);  // throws kUsage

// The cycle's shape is PyTorch's OneCycleLR: cosine from peak / 25 up over 30%
// of the steps, then cosine down to peak / 250,000.
double OneCycleRate(double peak, int64_t step, int64_t total_steps);

// Of a run that begins at a good network: up to `peak` in a straight line over
// the first 10% of the steps, so that AdamW knows gradients' sizes before it
// moves far, then down a cosine that ends at 0. There is no step after the
// last.
double WarmCosineRate(double peak, int64_t step, int64_t total_steps);

// PyTorch's ReduceLROnPlateau with factor 1/2, patience 3 and a relative
// threshold of 1e-4.
class PlateauRate {
 public:
  explicit PlateauRate(double rate) : rate_(rate) {}

  double rate() const { return rate_; }
  // Takes an epoch's validation score, lower is better.
  void Observe(double score);

  nlohmann::json State() const;
  void Restore(const JsonPlace& state);

 private:
  double rate_;
  double best_ = std::numeric_limits<double>::max();
  int bad_epochs_ = 0;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_LEARNING_RATE_H_
