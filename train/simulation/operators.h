// The differentiable operators that the trainer walks a graph with, over
// tensors laid out channel-major: [channels][windows][height][width], so that
// each channel of a batch is one contiguous row. Two implementations of one
// meaning: Fused() is hand-written for the CPU, Composed() is LibTorch's own
// operators, which run on any device and are what Fused() is tested against.
// Tested by torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_OPERATORS_H_
#define EDGE_INT8_TRAIN_SIMULATION_OPERATORS_H_

#include <ATen/ATen.h>

#include "train/kernels/attention_kernels.h"
#include "train/kernels/conv_kernels.h"
#include "train/kernels/row_kernels.h"
#include "train/simulation/batch_meeting.h"

namespace edge_int8::train {

// A batch norm's tensors, [channels] each.
struct NormTensors {
  at::Tensor weight, bias, running_mean, running_var;
  // When training on a part of a batch: where the other parts are. Gradients
  // of weight and bias stay this part's own.
  BatchMeeting* meeting = nullptr;
};

struct NormResult {
  at::Tensor y;
  // Of the whole batch, for the running statistics; undefined when not
  // training.
  at::Tensor mean;
  at::Tensor unbiased_variance;
};

class Operators {
 public:
  virtual ~Operators() = default;

  // `bias` may be undefined.
  virtual at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                              const at::Tensor& weight,
                              const at::Tensor& bias) const = 0;
  // Batch statistics when `training`, running ones otherwise.
  virtual NormResult Normalize(const at::Tensor& x, const NormTensors& norm,
                               const PostNorm& post, bool training) const = 0;
  virtual at::Tensor AddSilu(const at::Tensor& a,
                             const at::Tensor& b) const = 0;
  virtual at::Tensor Scores(const AttentionShape& shape,
                            const at::Tensor& qkv) const = 0;
  virtual at::Tensor SoftmaxRows(const at::Tensor& x) const = 0;
  virtual at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                         const at::Tensor& qkv) const = 0;
};

const Operators& Fused();
const Operators& Composed();

// x with dropout's mask applied, by LibTorch's operators.
at::Tensor ApplyMask(const at::Tensor& x, const DropoutMask& mask);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_OPERATORS_H_
