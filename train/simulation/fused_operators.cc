// Fused(): the kernels of this folder as autograd functions. Each keeps its
// inputs and a few numbers per channel; what is cheap is computed again.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "train/simulation/fused_functions.h"
#include "train/simulation/operators.h"
#include "train/simulation/tensor_pieces.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

class AddSiluFunction : public Function<AddSiluFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a,
                            const at::Tensor& b) {
    at::Tensor y = at::empty_like(a);
    ForEachPiece(
        1, a.numel(), [&](int64_t, int64_t, int64_t first, int64_t count) {
          AddSiluRow(Read(a) + first, Read(b) + first, count, Write(y) + first);
        });
    ctx->save_for_backward({a, b});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dx = at::empty_like(dy);
    ForEachPiece(
        1, dy.numel(), [&](int64_t, int64_t, int64_t first, int64_t count) {
          AddSiluRowBackward(Read(saved[0]) + first, Read(saved[1]) + first,
                             Read(dy) + first, count, Write(dx) + first);
        });
    return {dx, dx};
  }
};

class FusedOperators : public Operators {
 public:
  at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias) const override {
    return FusedConvolve(shape, x, weight, bias);
  }
  NormResult Normalize(const at::Tensor& x, const NormTensors& norm,
                       const PostNorm& post, bool training) const override {
    return FusedNormalize(x, norm, post, training);
  }
  at::Tensor AddSilu(const at::Tensor& a, const at::Tensor& b) const override {
    return AddSiluFunction::apply(a, b);
  }
  at::Tensor Scores(const AttentionShape& shape,
                    const at::Tensor& qkv) const override {
    return FusedScores(shape, qkv);
  }
  at::Tensor SoftmaxRows(const at::Tensor& x) const override {
    return FusedSoftmaxRows(x);
  }
  at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                 const at::Tensor& qkv) const override {
    return FusedMix(shape, p, qkv);
  }
};

}  // namespace

const Operators& Fused() {
  static const FusedOperators operators;
  return operators;
}

}  // namespace edge_int8::train
