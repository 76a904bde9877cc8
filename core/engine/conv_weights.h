// The weights of one block of columns, by the input byte they multiply, and
// their packing into steps. Part of conv_plan.h; tested by conv_plan_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_CONV_WEIGHTS_H_
#define EDGE_INT8_CORE_ENGINE_CONV_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "core/engine/step_sharing.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

class BlockWeights {
 public:
  // value_bytes: 1 or 2, of the input's values; `form` counts if it is 1.
  BlockWeights(int32_t columns, int32_t value_bytes, WeightForm form)
      : columns_(columns),
        value_bytes_(value_bytes),
        form_(value_bytes == 1 ? form : WeightForm::kBytes) {}

  // The weight of the input value at byte `offset` of the window.
  void Set(int32_t offset, int32_t column, int8_t weight);
  int64_t SumOfColumn(int32_t column) const;

  // Covers the bytes that have a weight other than 0, left to right.
  std::vector<int32_t> Steps() const;
  bool shares_steps() const { return form_ == WeightForm::kShared; }
  // If it does, in which order its steps are packed.
  StepSharing Share() const;
  // Bytes of the packed block, and the packing itself.
  std::size_t PackedBytes() const;
  void Pack(const StepSharing& sharing, std::byte* out) const;

 private:
  int32_t values_per_step() const { return kStepBytes / value_bytes_; }
  int32_t panels() const { return (columns_ + kPanel - 1) / kPanel; }
  bool words() const { return value_bytes_ == 2; }
  int32_t Place(int32_t column, int32_t value) const;

  int32_t columns_;
  int32_t value_bytes_;
  WeightForm form_;
  std::map<int32_t, std::vector<int8_t>> rows_;  // [columns] by byte offset
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_CONV_WEIGHTS_H_
