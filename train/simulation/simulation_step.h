// One operator of the simulated integer model: a node of the float graph with
// what is part of it there, and the integers of the last Prepare(). Part of
// integer_simulation.h; tested by integer_simulation_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_SIMULATION_STEP_H_
#define EDGE_INT8_TRAIN_SIMULATION_SIMULATION_STEP_H_

#include <vector>

#include "src/qgraph/qgraph.h"
#include "train/simulation/sim_functions.h"

namespace edge_int8::train {

struct SimulationStep {
  std::size_t node = 0;
  TensorId output = 0;
  bool qkv = false;
  const Quantizer* target = nullptr;  // what is rounded to; null: a sum's units
  const Quantizer* out = nullptr;     // what the SiLU's table writes, if a grid
  bool silu = false;
  const Quantizer* sum =
      nullptr;  // in whose units the result is, if it is a term

  c10::intrusive_ptr<Landing> landing;
  c10::intrusive_ptr<WeightIntegers> weights;
  c10::intrusive_ptr<SoftmaxIntegers> softmax;
  std::vector<c10::intrusive_ptr<Landing>> inputs;  // of a sum; null: as it is
  bool wide = false;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_SIMULATION_STEP_H_
