// Runs the steps of a float plan on one window. Tested by
// float_executor_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_STEPS_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_STEPS_H_

#include "src/graph/float_plan.h"

namespace edge_int8 {

struct FloatWindow {
  const float* input = nullptr;  // in the graph's own layout, as the output
  float* output = nullptr;
  float* arena = nullptr;    // plan.arena_floats, zero at first
  float* scratch = nullptr;  // plan.scratch_floats
};

void RunStep(const FloatPlan& plan, const FloatWindow& window,
             const FloatStep& step);
void RunSteps(const FloatPlan& plan, const FloatWindow& window);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_STEPS_H_
