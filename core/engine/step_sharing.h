// Which steps of a block share one widening from 16 to 32 bits, for kernels
// that add 8-bit products in 16 bits (WeightForm::kShared). Tested by
// step_sharing_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_STEP_SHARING_H_
#define EDGE_INT8_CORE_ENGINE_STEP_SHARING_H_

#include <cstdint>
#include <vector>

#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

// The weights of one step in one panel: [16 columns][4 values].
struct PanelStep {
  int8_t weights[kPanel * kStepBytes] = {};
};

class StepSharing {
 public:
  StepSharing() = default;
  // steps: byte offsets in rising order; panels[panel][step].
  StepSharing(const std::vector<int32_t>& steps,
              const std::vector<std::vector<PanelStep>>& panels);

  // Points into this object.
  StepOrder order() const;
  int32_t slot(std::size_t panel, std::size_t step) const {
    return slots_[panel * steps_ + step];
  }

 private:
  void AddPanel(const std::vector<int32_t>& steps,
                const std::vector<PanelStep>& panel);
  void AddRuns(const std::vector<int32_t>& steps);

  std::size_t steps_ = 0;
  std::vector<int32_t> offsets_;
  std::vector<int32_t> slots_;
  std::vector<int32_t> pairs_;
  std::vector<StepRun> runs_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_STEP_SHARING_H_
