// AdamW (Loshchilov, Hutter 2019) over all parameters as one vector, with
// PyTorch's formulas, and clipping by the gradient's norm. Tested by
// adamw_test.cc against torch::optim::AdamW.
#ifndef EDGE_INT8_TRAIN_COMMANDS_ADAMW_H_
#define EDGE_INT8_TRAIN_COMMANDS_ADAMW_H_

#include <ATen/ATen.h>

#include <cstdint>

namespace edge_int8::train {

class AdamW {
 public:
  // Keeps a reference to the values it updates.
  explicit AdamW(const at::Tensor& parameters);

  void Step(const at::Tensor& gradients, double learning_rate);

  // Tensors are handles: what is copied into these is the optimizer's.
  const at::Tensor& first_moment() const { return first_moment_; }
  const at::Tensor& second_moment() const { return second_moment_; }
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }

 private:
  at::Tensor parameters_, first_moment_, second_moment_;
  int64_t steps_ = 0;
};

// The norm that gradients are clipped to.
inline constexpr double kGradientLimit = 1.0;

// Scales the gradients so that their norm is at most `limit`. Returns false,
// leaving them alone, when the norm is not finite.
bool ClipGradients(const at::Tensor& gradients, double limit);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_ADAMW_H_
