// Fused(): the kernels of this folder as autograd functions. Each keeps its
// inputs and a few numbers per channel; what is cheap is computed again.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/model/graph.h"
#include "train/operators.h"
#include "train/task_loop.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

// Rows are cut in pieces of this many values, so that few long rows still keep
// every thread busy and a piece stays in cache between its two passes.
constexpr int64_t kPiece = 8192;

const float* Read(const at::Tensor& x) { return x.data_ptr<float>(); }
float* Write(at::Tensor& x) { return x.data_ptr<float>(); }

// Calls body(row, piece, first, count) for each piece of [rows][length].
template <typename Body>
void ForEachPiece(int64_t rows, int64_t length, const Body& body) {
  const int64_t pieces = (length + kPiece - 1) / kPiece;
  const int64_t grain = std::max<int64_t>(1, kPiece / length);
  ForEachRange(rows * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % pieces * kPiece;
      body(task / pieces, task % pieces, first,
           std::min(kPiece, length - first));
    }
  });
}

class ConvFunction : public Function<ConvFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const ConvShape& shape, bool needs_dx) {
    at::Tensor y = at::empty(
        {shape.out.channels, shape.windows, shape.out.height, shape.out.width},
        x.options());
    ConvForward(shape, Read(x), Read(weight),
                bias.numel() > 0 ? Read(bias) : nullptr, Write(y));
    ctx->save_for_backward({x, weight});
    ctx->saved_data["has_bias"] = bias.numel() > 0;
    ctx->saved_data["needs_dx"] = needs_dx;
    ctx->saved_data["shape"] = Pack(shape);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor dy = grads[0].contiguous();
    const ConvShape shape = Unpack(ctx->saved_data["shape"].toIntVector());
    at::Tensor dx, dw = at::empty_like(saved[1]), db;
    ConvGradients out{.weight = Write(dw)};
    if (ctx->saved_data["needs_dx"].toBool()) {
      dx = at::empty_like(saved[0]);
      out.x = Write(dx);
    }
    if (ctx->saved_data["has_bias"].toBool()) {
      db = at::empty({shape.out.channels}, dy.options());
      out.bias = Write(db);
    }
    ConvBackward(shape, Read(saved[0]), Read(saved[1]), Read(dy), out);
    return {dx, dw, db, at::Tensor(), at::Tensor()};
  }

 private:
  // The context keeps lists of integers, not structs.
  static std::vector<int64_t> Pack(const ConvShape& s) {
    const Conv& c = s.conv;
    return {c.out_channels, c.kernel_h,   c.kernel_w,   c.stride_h,
            c.stride_w,     c.dilation_h, c.dilation_w, c.pad_top,
            c.pad_bottom,   c.pad_left,   c.pad_right,  c.groups,
            s.in.channels,  s.in.height,  s.in.width,   s.out.channels,
            s.out.height,   s.out.width,  s.windows};
  }
  static ConvShape Unpack(const std::vector<int64_t>& v) {
    const auto at = [&](std::size_t i) { return static_cast<int>(v.at(i)); };
    return {.conv = {.out_channels = at(0),
                     .kernel_h = at(1),
                     .kernel_w = at(2),
                     .stride_h = at(3),
                     .stride_w = at(4),
                     .dilation_h = at(5),
                     .dilation_w = at(6),
                     .pad_top = at(7),
                     .pad_bottom = at(8),
                     .pad_left = at(9),
                     .pad_right = at(10),
                     .groups = at(11)},
            .in = {at(12), at(13), at(14)},
            .out = {at(15), at(16), at(17)},
            .windows = v.at(18)};
  }
};

// Mean and biased variance of each channel, as [2][channels].
at::Tensor BatchMoments(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  const int64_t length = x.numel() / rows;
  const int64_t pieces = (length + kPiece - 1) / kPiece;
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
    const int64_t pieces = (length + kPiece - 1) / kPiece;
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

class FusedOperators : public Operators {
 public:
  at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                      const at::Tensor& weight,
                      const at::Tensor& bias) const override {
    // A function's arguments must be defined: no bias is an empty one.
    return ConvFunction::apply(
        x, weight, bias.defined() ? bias : at::empty({0}, x.options()), shape,
        x.requires_grad());
  }
  NormResult Normalize(const at::Tensor& x, const NormTensors& norm,
                       const PostNorm& post, bool training) const override {
    if (!training) {
      Check(!at::GradMode::is_enabled(), "fused inference has no gradient");
      return {ApplyNorm(x, norm.running_mean, norm.running_var, norm.weight,
                        norm.bias, post),
              {},
              {}};
    }
    const at::Tensor moments = BatchMoments(x.detach());
    const double n = static_cast<double>(x.numel() / x.size(0));
    return {NormFunction::apply(x, norm.weight, norm.bias, moments, post),
            moments[0], moments[1] * (n / std::max(n - 1, 1.0))};
  }
  at::Tensor AddSilu(const at::Tensor& a, const at::Tensor& b) const override {
    return AddSiluFunction::apply(a, b);
  }
  at::Tensor Scores(const AttentionShape& shape,
                    const at::Tensor& qkv) const override {
    return ScoresFunction::apply(qkv, shape);
  }
  at::Tensor SoftmaxRows(const at::Tensor& x) const override {
    return SoftmaxFunction::apply(x);
  }
  at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                 const at::Tensor& qkv) const override {
    return MixFunction::apply(p, qkv, shape);
  }
};

}  // namespace

const Operators& Fused() {
  static const FusedOperators operators;
  return operators;
}

}  // namespace edge_int8::train
