// Runs the steps of a float plan on a few windows side by side. Tested by
// float_executor_test.cc.
#ifndef EDGE_INT8_SRC_MODEL_FLOAT_STEPS_H_
#define EDGE_INT8_SRC_MODEL_FLOAT_STEPS_H_

#include "src/model/float_plan.h"

namespace edge_int8 {

// Memory of `count` windows: arenas of plan.arena_floats each, one after the
// other, beginning with zeros that nothing writes; inputs and outputs likewise.
struct FloatWindows {
  int count = 0;
  float* arenas = nullptr;
  const float* inputs = nullptr;
  float* outputs = nullptr;
  float* scratch = nullptr;  // plan.scratch_floats
};

void RunSteps(const FloatPlan& plan, const FloatWindows& windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_MODEL_FLOAT_STEPS_H_
