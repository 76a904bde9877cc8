// An integer graph on a batch of windows, with the value of every tensor: what
// training sees of the integers where integer_simulation.h does not know the
// network. Convolutions are LibTorch's products of whole numbers, all else is
// the specification's code (core/reference). Tested by lowered_network_test.cc:
// every output equal to the engine's.
#ifndef EDGE_INT8_TRAIN_SIMULATION_INTEGER_BATCH_H_
#define EDGE_INT8_TRAIN_SIMULATION_INTEGER_BATCH_H_

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/reference/run_reference.h"

namespace edge_int8::train {

class IntegerBatch {
 public:
  // Runs `graph` on x, real numbers [channels][windows][height][width]; both
  // are not needed afterwards.
  IntegerBatch(const core::IntegerGraph& graph, const at::Tensor& x);

  // A tensor's values, [channels][windows][height][width] on the CPU: as they
  // are stored, as int32; and as the real numbers they stand for, as float32.
  at::Tensor Stored(int32_t tensor) const;
  at::Tensor Real(int32_t tensor) const;

 private:
  // Float32, or float64 where a sum could leave what that holds exactly.
  at::Tensor Centred(int32_t tensor, at::ScalarType type) const;
  void Convolve(const core::IntegerGraph& graph, const core::ConvOp& op);

  std::vector<core::TensorSpec> specs_;
  // By window, then by tensor.
  std::vector<std::vector<core::Values>> values_;
};

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_INTEGER_BATCH_H_
