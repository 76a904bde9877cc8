// The larger of the fused operators; Fused() (operators.h) hands them out.
#ifndef EDGE_INT8_TRAIN_SIMULATION_FUSED_FUNCTIONS_H_
#define EDGE_INT8_TRAIN_SIMULATION_FUSED_FUNCTIONS_H_

#include <ATen/ATen.h>

#include "train/simulation/operators.h"

namespace edge_int8::train {

// As the Operators of the same names.
at::Tensor FusedConvolve(const ConvShape& shape, const at::Tensor& x,
                         const at::Tensor& weight, const at::Tensor& bias);
NormResult FusedNormalize(const at::Tensor& x, const NormTensors& norm,
                          const PostNorm& post, bool training);
at::Tensor FusedScores(const AttentionShape& shape, const at::Tensor& qkv);
at::Tensor FusedSoftmaxRows(const at::Tensor& x);
at::Tensor FusedMix(const AttentionShape& shape, const at::Tensor& p,
                    const at::Tensor& qkv);

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_FUSED_FUNCTIONS_H_
