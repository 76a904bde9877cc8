// Batch norm, with the SiLU and the dropout after it, as an autograd function.
// Keeps its input and two numbers per channel.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/graph/graph.h"
#include "train/simulation/fused_functions.h"
#include "train/simulation/tensor_pieces.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Mean and biased variance of each channel, as [2][channels].
at::Tensor BatchMoments(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  const int64_t length = x.numel() / rows;
  const int64_t pieces = PieceCount(length);
  std::vector<Moments> parts(static_cast<std::size_t>(rows * pieces));
  ForEachPiece(rows, length,
               [&](int64_t row, int64_t piece, int64_t first, int64_t count) {
                 parts[static_cast<std::size_t>(row * pieces + piece)] =
                     RowMoments(Read(x) + row * length + first, count);
               });
  at::Tensor out = at::empty({2, rows}, x.options());
  for (int64_t row = 0; row < rows; ++row) {
    // Chan, Golub, LeVeque 1979: merges means and deviations piece by piece.
    double mean = 0, deviations = 0, seen = 0;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const Moments& m = parts[static_cast<std::size_t>(row * pieces + piece)];
      const double count =
          static_cast<double>(std::min(kPiece, length - piece * kPiece));
      const double step = m.mean - mean;
      deviations += m.sum_squared_deviations +
                    step * step * seen * count / (seen + count);
      seen += count;
      mean += step * count / seen;
    }
    Write(out)[row] = static_cast<float>(mean);
    Write(out)[rows + row] =
        static_cast<float>(deviations / static_cast<double>(length));
  }
  return out;
}

NormConstants ConstantsOf(int64_t row, const at::Tensor& mean,
                          const at::Tensor& variance, const at::Tensor& weight,
                          const at::Tensor& bias) {
  NormConstants c;
  c.mean = Read(mean)[row];
  c.inverse_deviation = static_cast<float>(
      1.0 / std::sqrt(double{Read(variance)[row]} + kBatchNormEpsilon));
  c.scale = Read(weight)[row] * c.inverse_deviation;
  c.shift = Read(bias)[row] - c.mean * c.scale;
  return c;
}

at::Tensor ApplyNorm(const at::Tensor& x, const at::Tensor& mean,
                     const at::Tensor& variance, const at::Tensor& weight,
                     const at::Tensor& bias, const PostNorm& post) {
  at::Tensor y = at::empty_like(x);
  const int64_t length = x.numel() / x.size(0);
  ForEachPiece(
      x.size(0), length,
      [&](int64_t row, int64_t, int64_t first, int64_t count) {
        const NormConstants c = ConstantsOf(row, mean, variance, weight, bias);
        const int64_t at = row * length + first;
        NormRow(Read(x) + at, c.scale, c.shift, post, at, count, Write(y) + at);
      });
  return y;
}

class NormFunction : public Function<NormFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& moments, const PostNorm& post) {
    ctx->save_for_backward({x, weight, bias, moments});
    ctx->saved_data["silu"] = post.silu;
    ctx->saved_data["seed"] = int64_t{post.dropout.seed};
    ctx->saved_data["threshold"] = int64_t{post.dropout.threshold};
    ctx->saved_data["scale"] = double{post.dropout.scale};
    return ApplyNorm(x, moments[0], moments[1], weight, bias, post);
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor dy = grads[0].contiguous();
    const PostNorm post = PostOf(ctx);
    const int64_t rows = x.size(0);
    const int64_t length = x.numel() / rows;
    const int64_t pieces = PieceCount(length);
    const at::Tensor mean = saved[3][0], variance = saved[3][1];
    const auto constants = [&](int64_t row) {
      return ConstantsOf(row, mean, variance, saved[1], saved[2]);
    };
    at::Tensor dx = at::empty_like(x);
    std::vector<GradientSums> parts(static_cast<std::size_t>(rows * pieces));
    ForEachPiece(rows, length,
                 [&](int64_t row, int64_t piece, int64_t first, int64_t count) {
                   const int64_t at = row * length + first;
                   parts[static_cast<std::size_t>(row * pieces + piece)] =
                       NormRowBackward(Read(x) + at, Read(dy) + at,
                                       constants(row), post, at, count,
                                       Write(dx) + at);
                 });
    at::Tensor dw = at::empty_like(saved[1]), db = at::empty_like(saved[2]);
    for (int64_t row = 0; row < rows; ++row) {
      GradientSums sum;
      for (int64_t piece = 0; piece < pieces; ++piece) {
        const auto& part =
            parts[static_cast<std::size_t>(row * pieces + piece)];
        sum.dz += part.dz;
        sum.dz_xhat += part.dz_xhat;
      }
      Write(db)[row] = static_cast<float>(sum.dz);
      Write(dw)[row] = static_cast<float>(sum.dz_xhat);
    }
    const float share = static_cast<float>(1.0 / static_cast<double>(length));
    ForEachPiece(
        rows, length, [&](int64_t row, int64_t, int64_t first, int64_t count) {
          const int64_t at = row * length + first;
          CenterRowGradient(Read(x) + at, constants(row), Read(db)[row] * share,
                            Read(dw)[row] * share, count, Write(dx) + at);
        });
    return {dx, dw, db, at::Tensor(), at::Tensor()};
  }

 private:
  static PostNorm PostOf(AutogradContext* ctx) {
    auto& data = ctx->saved_data;
    return {.silu = data["silu"].toBool(),
            .dropout = {static_cast<uint32_t>(data["seed"].toInt()),
                        static_cast<uint32_t>(data["threshold"].toInt()),
                        static_cast<float>(data["scale"].toDouble())}};
  }
};

}  // namespace

NormResult FusedNormalize(const at::Tensor& x, const NormTensors& norm,
                          const PostNorm& post, bool training) {
  if (!training) {
    Check(!at::GradMode::is_enabled(), "fused inference has no gradient");
    return {ApplyNorm(x, norm.running_mean, norm.running_var, norm.weight,
                      norm.bias, post),
            at::Tensor(), at::Tensor()};
  }
  const at::Tensor moments = BatchMoments(x.detach());
  const double n = static_cast<double>(x.numel() / x.size(0));
  return {NormFunction::apply(x, norm.weight, norm.bias, moments, post),
          moments[0], moments[1] * (n / std::max(n - 1, 1.0))};
}

}  // namespace edge_int8::train
