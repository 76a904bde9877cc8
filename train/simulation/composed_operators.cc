// Composed(): each operator as a few of LibTorch's.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "src/graph/graph.h"
#include "train/simulation/operators.h"

namespace edge_int8::train {
namespace {

// One channel's factors along its axis of [C][N][H][W].
at::Tensor PerChannel(const at::Tensor& v) { return v.view({-1, 1, 1, 1}); }

// [heads][channels of a head][windows][lines][length] of a third of qkv.
at::Tensor HeadsOf(const AttentionShape& s, const at::Tensor& third) {
  at::Tensor x =
      third.reshape({s.heads, s.per_head(), s.windows, s.height, s.width});
  return s.axis == Axis::kWidth ? x : x.transpose(3, 4);
}

at::Tensor Squares(const AttentionShape& s, const at::Tensor& p) {
  return p.reshape({s.heads, s.windows, s.lines(), s.length(), s.length()});
}

// A vector summed over all parts of a batch, and so its gradient.
at::Tensor SumOfParts(const at::Tensor& x, BatchMeeting& meeting) {
  const at::Tensor mine = x.detach().to(at::kCPU, at::kDouble).contiguous();
  const double* const begin = mine.data_ptr<double>();
  const auto parts = meeting.Meet({begin, begin + mine.numel()});
  std::vector<double> sum(static_cast<std::size_t>(mine.numel()));
  for (const auto& part : *parts) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  }
  return at::tensor(sum, at::kDouble).to(x.device(), x.scalar_type());
}

class SumFunction : public torch::autograd::Function<SumFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx,
                            const at::Tensor& x, BatchMeeting* meeting) {
    ctx->saved_data["meeting"] =
        static_cast<int64_t>(reinterpret_cast<std::intptr_t>(meeting));
    return SumOfParts(x, *meeting);
  }
  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* ctx,
      torch::autograd::variable_list grads) {
    auto* const meeting = reinterpret_cast<BatchMeeting*>(
        static_cast<std::intptr_t>(ctx->saved_data["meeting"].toInt()));
    return {SumOfParts(grads[0], *meeting), at::Tensor()};
  }
};

at::Tensor SumOfBatch(const at::Tensor& x, BatchMeeting* meeting) {
  return meeting == nullptr ? x : SumFunction::apply(x, meeting);
}

double CountOfBatch(double own, BatchMeeting* meeting) {
  if (meeting == nullptr) return own;
  double sum = 0;
  const auto parts = meeting->Meet({own});
  for (const auto& part : *parts) sum += part[0];
  return sum;
}

class ComposedOperators : public Operators {
 public:
  at::Tensor Convolve(const ConvShape& s, const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias) const override {
    const Conv& c = s.conv;
    const at::Tensor padded = at::constant_pad_nd(
        x.transpose(0, 1), {c.pad_left, c.pad_right, c.pad_top, c.pad_bottom});
    const at::Tensor w =
        weight.view({s.out.channels, s.in_per_group(), c.kernel_h, c.kernel_w});
    const at::Tensor y =
        at::conv2d(padded, w, bias, at::IntArrayRef({c.stride_h, c.stride_w}),
                   at::IntArrayRef({0, 0}),
                   at::IntArrayRef({c.dilation_h, c.dilation_w}), c.groups);
    return y.transpose(0, 1).contiguous();
  }

  NormResult Normalize(const at::Tensor& x, const NormTensors& norm,
                       const PostNorm& post, bool training) const override {
    NormResult out;
    at::Tensor mean = norm.running_mean;
    at::Tensor variance = norm.running_var;
    if (training) {
      const double own = static_cast<double>(x.numel() / x.size(0));
      const double n = CountOfBatch(own, norm.meeting);
      mean = SumOfBatch(x.sum({1, 2, 3}), norm.meeting) / n;
      variance = SumOfBatch((x - PerChannel(mean)).square().sum({1, 2, 3}),
                            norm.meeting) /
                 n;
      out.mean = mean.detach();
      out.unbiased_variance = variance.detach() * (n / std::max(n - 1, 1.0));
    }
    const at::Tensor scale =
        norm.weight * (variance + kBatchNormEpsilon).rsqrt();
    out.y = (x - PerChannel(mean)) * PerChannel(scale) + PerChannel(norm.bias);
    if (post.silu) out.y = at::silu(out.y);
    out.y = ApplyMask(out.y, post.dropout);
    return out;
  }

  at::Tensor AddSilu(const at::Tensor& a, const at::Tensor& b) const override {
    return at::silu(a + b);
  }

  at::Tensor Scores(const AttentionShape& s,
                    const at::Tensor& qkv) const override {
    const at::Tensor q = HeadsOf(s, qkv.narrow(0, 0, s.channels));
    const at::Tensor k = HeadsOf(s, qkv.narrow(0, s.channels, s.channels));
    return at::einsum("gcnbi,gcnbj->gnbij", {q, k})
        .reshape({s.heads, s.windows, s.lines() * s.length(), s.length()});
  }

  at::Tensor SoftmaxRows(const at::Tensor& x) const override {
    return at::softmax(x, -1);
  }

  at::Tensor Mix(const AttentionShape& s, const at::Tensor& p,
                 const at::Tensor& qkv) const override {
    const at::Tensor v = HeadsOf(s, qkv.narrow(0, 2 * s.channels, s.channels));
    at::Tensor y = at::einsum("gnbij,gcnbj->gcnbi", {Squares(s, p), v});
    if (s.axis == Axis::kHeight) y = y.transpose(3, 4);
    return y.reshape({s.channels, s.windows, s.height, s.width});
  }
};

}  // namespace

const Operators& Composed() {
  static const ComposedOperators operators;
  return operators;
}

// The hash of row_kernels.h in 64-bit integers, since LibTorch has no unsigned
// 32-bit ones.
at::Tensor ApplyMask(const at::Tensor& x, const DropoutMask& mask) {
  if (!mask.active()) return x;
  constexpr int64_t kLow = 0xffffffff;
  const auto shift = [](const at::Tensor& h, int64_t bits) {
    return h.bitwise_xor(h.bitwise_right_shift(at::Scalar(bits)));
  };
  at::Tensor h =
      at::arange(x.numel(), x.options().dtype(at::kLong).requires_grad(false));
  h = shift(h.bitwise_xor(at::Scalar(int64_t{mask.seed})), 16);
  h = shift((h * int64_t{0x7feb352d}).bitwise_and(at::Scalar(kLow)), 15);
  h = shift((h * int64_t{0x846ca68b}).bitwise_and(at::Scalar(kLow)), 16);
  const at::Tensor keep = h.ge(at::Scalar(int64_t{mask.threshold}));
  return x * keep.to(x.scalar_type()).mul_(mask.scale).view(x.sizes());
}

}  // namespace edge_int8::train
