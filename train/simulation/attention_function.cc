// Attention's products and softmax as autograd functions.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "train/simulation/fused_functions.h"
#include "train/simulation/tensor_pieces.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

std::vector<int64_t> Pack(const AttentionShape& s) {
  return {s.heads,  s.channels, s.windows,
          s.height, s.width,    s.axis == Axis::kWidth};
}
AttentionShape UnpackAttention(const std::vector<int64_t>& v) {
  return {v.at(0), v.at(1), v.at(2),
          v.at(3), v.at(4), v.at(5) != 0 ? Axis::kWidth : Axis::kHeight};
}

class ScoresFunction : public Function<ScoresFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& qkv,
                            const AttentionShape& s) {
    at::Tensor y =
        at::empty({s.heads, s.windows, s.lines() * s.length(), s.length()},
                  qkv.options());
    ScoresForward(s, Read(qkv), Write(y));
    ctx->save_for_backward({qkv});
    ctx->saved_data["shape"] = Pack(s);
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const at::Tensor qkv = ctx->get_saved_variables()[0];
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dqkv = at::empty_like(qkv);
    ScoresBackward(UnpackAttention(ctx->saved_data["shape"].toIntVector()),
                   Read(qkv), Read(dy), Write(dqkv));
    return {dqkv, at::Tensor()};
  }
};

class SoftmaxFunction : public Function<SoftmaxFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x) {
    at::Tensor y = at::empty_like(x);
    ForEachBlock(x, [&](int64_t at, int64_t rows, int64_t width) {
      train::SoftmaxRows(Read(x) + at, rows, width, Write(y) + at);
    });
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const at::Tensor y = ctx->get_saved_variables()[0];
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dx = at::empty_like(y);
    ForEachBlock(y, [&](int64_t at, int64_t rows, int64_t width) {
      SoftmaxRowsBackward(Read(y) + at, Read(dy) + at, rows, width,
                          Write(dx) + at);
    });
    return {dx};
  }

 private:
  // Calls body(first value, rows, width) for blocks of rows that fit L1.
  template <typename Body>
  static void ForEachBlock(const at::Tensor& x, const Body& body) {
    const int64_t width = x.size(-1);
    const int64_t rows = x.numel() / width;
    const int64_t block = std::max<int64_t>(1, 2048 / width);
    ForEachTask((rows + block - 1) / block, [&](int64_t b) {
      body(b * block * width, std::min(block, rows - b * block), width);
    });
  }
};

class MixFunction : public Function<MixFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& p,
                            const at::Tensor& qkv, const AttentionShape& s) {
    at::Tensor y =
        at::empty({s.channels, s.windows, s.height, s.width}, qkv.options());
    MixForward(s, Read(p), Read(qkv), Write(y));
    ctx->save_for_backward({p, qkv});
    ctx->saved_data["shape"] = Pack(s);
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor dy = grads[0].contiguous();
    at::Tensor dp = at::empty_like(saved[0]);
    at::Tensor dqkv = at::empty_like(saved[1]);
    MixBackward(UnpackAttention(ctx->saved_data["shape"].toIntVector()),
                Read(saved[0]), Read(saved[1]), Read(dy), Write(dp),
                Write(dqkv));
    return {dp, dqkv, at::Tensor()};
  }
};

}  // namespace

at::Tensor FusedScores(const AttentionShape& shape, const at::Tensor& qkv) {
  return ScoresFunction::apply(qkv, shape);
}

at::Tensor FusedSoftmaxRows(const at::Tensor& x) {
  return SoftmaxFunction::apply(x);
}

at::Tensor FusedMix(const AttentionShape& shape, const at::Tensor& p,
                    const at::Tensor& qkv) {
  return MixFunction::apply(p, qkv, shape);
}

}  // namespace edge_int8::train
