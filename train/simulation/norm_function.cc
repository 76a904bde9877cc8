// Batch norm, with the SiLU and the dropout after it, as an autograd function.
// Keeps its input and two numbers per channel.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <cstdint>
#include <utility>
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

std::shared_ptr<const BatchParts> MeetOthers(BatchMeeting* meeting,
                                             std::vector<double> mine) {
  return meeting != nullptr
             ? meeting->Meet(std::move(mine))
             : std::make_shared<const BatchParts>(1, std::move(mine));
}

// Chan, Golub, LeVeque 1979: merges means and deviations piece by piece.
struct MergedMoments {
  double mean = 0, deviations = 0, seen = 0;
  void Add(const Moments& m, double count) {
    const double step = m.mean - mean;
    deviations +=
        m.sum_squared_deviations + step * step * seen * count / (seen + count);
    seen += count;
    mean += step * count / seen;
  }
};

// This part's moments of each channel: its length, then two numbers a channel.
std::vector<double> PartMoments(const at::Tensor& x) {
  const int64_t rows = x.size(0);
  const int64_t length = x.numel() / rows;
  const int64_t pieces = PieceCount(length);
  std::vector<Moments> parts(static_cast<std::size_t>(rows * pieces));
  ForEachPiece(rows, length,
               [&](int64_t row, int64_t piece, int64_t first, int64_t count) {
                 parts[static_cast<std::size_t>(row * pieces + piece)] =
                     RowMoments(Read(x) + row * length + first, count);
               });
  std::vector<double> mine = {static_cast<double>(length)};
  for (int64_t row = 0; row < rows; ++row) {
    MergedMoments merged;
    for (int64_t piece = 0; piece < pieces; ++piece) {
      merged.Add(
          parts[static_cast<std::size_t>(row * pieces + piece)],
          static_cast<double>(std::min(kPiece, length - piece * kPiece)));
    }
    mine.insert(mine.end(), {merged.mean, merged.deviations});
  }
  return mine;
}

struct BatchMoments {
  at::Tensor
      moments;        // mean and biased variance of each channel, [2][channels]
  double length = 0;  // values of a channel in the whole batch
};

BatchMoments MomentsOfBatch(const at::Tensor& x, BatchMeeting* meeting) {
  const auto parts = MeetOthers(meeting, PartMoments(x));
  const int64_t rows = x.size(0);
  BatchMoments batch{at::empty({2, rows}, x.options())};
  for (const auto& part : *parts) batch.length += part[0];
  for (int64_t row = 0; row < rows; ++row) {
    MergedMoments merged;
    for (const auto& part : *parts) {
      const auto at = static_cast<std::size_t>(1 + 2 * row);
      merged.Add({part[at], part[at + 1]}, part[0]);
    }
    Write(batch.moments)[row] = static_cast<float>(merged.mean);
    Write(batch.moments)[rows + row] =
        static_cast<float>(merged.deviations / batch.length);
  }
  return batch;
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

// Of each number that the parts have behind their lengths: its sum over the
// batch's values, by their count.
std::vector<float> GradientMeans(const BatchParts& parts, int64_t numbers) {
  double total = 0;
  for (const auto& part : parts) total += part[0];
  std::vector<float> means;
  for (int64_t n = 1; n <= numbers; ++n) {
    double sum = 0;
    for (const auto& part : parts) sum += part[static_cast<std::size_t>(n)];
    means.push_back(static_cast<float>(sum / total));
  }
  return means;
}

class NormFunction : public Function<NormFunction> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& moments, const PostNorm& post,
                            BatchMeeting* meeting) {
    ctx->save_for_backward({x, weight, bias, moments});
    ctx->saved_data["meeting"] =
        static_cast<int64_t>(reinterpret_cast<std::intptr_t>(meeting));
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
    std::vector<double> mine = {static_cast<double>(length)};
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
      mine.insert(mine.end(), {sum.dz, sum.dz_xhat});
    }
    const std::vector<float> means =
        GradientMeans(*MeetOthers(MeetingOf(ctx), std::move(mine)), 2 * rows);
    ForEachPiece(
        rows, length, [&](int64_t row, int64_t, int64_t first, int64_t count) {
          const int64_t at = row * length + first;
          const float* const of_row = &means[static_cast<std::size_t>(2 * row)];
          CenterRowGradient(Read(x) + at, constants(row), of_row[0], of_row[1],
                            count, Write(dx) + at);
        });
    return {dx, dw, db, at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  static BatchMeeting* MeetingOf(AutogradContext* ctx) {
    return reinterpret_cast<BatchMeeting*>(
        static_cast<std::intptr_t>(ctx->saved_data["meeting"].toInt()));
  }
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
  const BatchMoments batch = MomentsOfBatch(x.detach(), norm.meeting);
  const at::Tensor& moments = batch.moments;
  const double n = batch.length;
  return {NormFunction::apply(x, norm.weight, norm.bias, moments, post,
                              norm.meeting),
          moments[0], moments[1] * (n / std::max(n - 1, 1.0))};
}

}  // namespace edge_int8::train
