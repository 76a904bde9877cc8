// FusedSim(): the simulation's operators from this folder's kernels.
#include "train/kernels/landing_kernels.h"
#include "train/simulation/fused_functions.h"
#include "train/simulation/sim_operators.h"
#include "train/simulation/tensor_pieces.h"

namespace edge_int8::train {
namespace {

LandingRow RowOf(const Landing& landing, int64_t channel) {
  const auto c = static_cast<std::size_t>(channel);
  const bool table = !landing.table.empty();
  return {.scale = landing.scale[c],
          .bias = landing.bias[c],
          .ratio = landing.ratio[c],
          .zero = landing.zero,
          .low = landing.low,
          .high = landing.high,
          .table = table ? landing.table.data() : nullptr,
          .slope = landing.slope.data(),
          .out_error = landing.out_error.data(),
          .out_clipped = landing.out_clipped.data()};
}

template <class T>
void LandAll(const at::Tensor& acc, const Landing& landing, at::Tensor& out) {
  const int64_t length = acc.numel() / acc.size(0);
  const T* from = acc.data_ptr<T>();
  ForEachPiece(acc.size(0), length,
               [&](int64_t row, int64_t, int64_t first, int64_t count) {
                 const int64_t at = row * length + first;
                 LandRow(from + at, RowOf(landing, row), count,
                         Write(out) + at);
               });
}

template <class T>
LandingGradients LandAllBackward(const at::Tensor& acc, const at::Tensor& dout,
                                 const Landing& landing) {
  const int64_t rows = acc.size(0);
  const int64_t length = acc.numel() / rows;
  const int64_t pieces = PieceCount(length);
  LandingGradients out{at::empty(acc.sizes(), dout.options()),
                       at::zeros({5, rows}, at::kDouble)};
  std::vector<LandingSums> parts(static_cast<std::size_t>(rows * pieces));
  const T* from = acc.data_ptr<T>();
  ForEachPiece(rows, length,
               [&](int64_t row, int64_t piece, int64_t first, int64_t count) {
                 const int64_t at = row * length + first;
                 parts[static_cast<std::size_t>(row * pieces + piece)] =
                     LandRowBackward(from + at, Read(dout) + at,
                                     RowOf(landing, row), count,
                                     Write(out.dacc) + at);
               });
  auto* sums = out.sums.data_ptr<double>();
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t piece = 0; piece < pieces; ++piece) {
      const LandingSums& part =
          parts[static_cast<std::size_t>(row * pieces + piece)];
      sums[row] += part.acc;
      sums[rows + row] += part.target_error;
      sums[2 * rows + row] += part.target_clipped;
      sums[3 * rows + row] += part.out_error;
      sums[4 * rows + row] += part.out_clipped;
    }
  }
  return out;
}

// Calls body(head, first value, rows) for blocks of the rows of
// [heads][windows][rows][width] that one thread takes.
template <typename Body>
void ForEachSoftmaxBlock(const at::Tensor& x, const Body& body) {
  const int64_t heads = x.size(0), width = x.size(3);
  const int64_t rows = x.size(1) * x.size(2);
  const int64_t block = std::max<int64_t>(1, 2048 / width);
  const int64_t blocks = (rows + block - 1) / block;
  ForEachTask(heads * blocks, [&](int64_t task) {
    const int64_t head = task / blocks;
    const int64_t first = task % blocks * block;
    body(head, (head * rows + first) * width, std::min(block, rows - first));
  });
}

class FusedSimOperators : public SimOperators {
 public:
  at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                      const at::Tensor& codes, bool wide) const override {
    if (!wide) return FusedConvolve(shape, x, codes, at::Tensor());
    return ConvolveByTaps(shape, x.to(at::kDouble), codes.to(at::kDouble));
  }
  at::Tensor Scores(const AttentionShape& shape,
                    const at::Tensor& qkv) const override {
    return FusedScores(shape, qkv);
  }
  at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                 const at::Tensor& qkv) const override {
    return FusedMix(shape, p, qkv);
  }

  at::Tensor Land(const at::Tensor& acc,
                  const Landing& landing) const override {
    const at::Tensor from = acc.contiguous();
    at::Tensor out = at::empty(acc.sizes(), acc.options().dtype(at::kFloat));
    if (from.scalar_type() == at::kDouble) {
      LandAll<double>(from, landing, out);
    } else {
      LandAll<float>(from, landing, out);
    }
    return out;
  }
  LandingGradients LandBackward(const at::Tensor& acc, const at::Tensor& dout,
                                const Landing& landing) const override {
    const at::Tensor from = acc.contiguous();
    return from.scalar_type() == at::kDouble
               ? LandAllBackward<double>(from, dout.contiguous(), landing)
               : LandAllBackward<float>(from, dout.contiguous(), landing);
  }

  at::Tensor SoftmaxRows(
      const at::Tensor& acc, const core::ExpTables& tables,
      const std::vector<core::Multiplier>& logits) const override {
    at::Tensor p = at::empty_like(acc);
    ForEachSoftmaxBlock(acc, [&](int64_t head, int64_t at, int64_t rows) {
      IntegerSoftmaxRows(Read(acc) + at, tables,
                         logits[static_cast<std::size_t>(head)], rows,
                         acc.size(3), Write(p) + at);
    });
    return p;
  }
  at::Tensor SoftmaxRowsBackward(
      const at::Tensor& p, const at::Tensor& dp,
      const std::vector<double>& units) const override {
    const at::Tensor from = dp.contiguous();
    at::Tensor dacc = at::empty_like(p);
    ForEachSoftmaxBlock(p, [&](int64_t head, int64_t at, int64_t rows) {
      IntegerSoftmaxRowsBackward(
          Read(p) + at, Read(from) + at,
          static_cast<float>(units[static_cast<std::size_t>(head)]), rows,
          p.size(3), Write(dacc) + at);
    });
    return dacc;
  }

  WeightGradients WeightBackward(const at::Tensor& weights,
                                 const at::Tensor& codes,
                                 const at::Tensor& dcodes,
                                 const std::vector<double>& scales,
                                 int32_t limit) const override {
    const int64_t rows = weights.size(0);
    const int64_t length = weights.numel() / rows;
    const at::Tensor from = dcodes.contiguous();
    WeightGradients out{at::empty_like(weights),
                        at::zeros({rows}, at::kDouble)};
    auto* sums = out.dscale.data_ptr<double>();
    ForEachRange(
        rows, std::max<int64_t>(1, 4096 / length),
        [&](int64_t begin, int64_t end) {
          for (int64_t o = begin; o < end; ++o) {
            sums[o] = WeightRowBackward(
                Read(weights) + o * length, Read(codes) + o * length,
                Read(from) + o * length,
                static_cast<float>(scales[static_cast<std::size_t>(o)]),
                static_cast<float>(limit), length,
                Write(out.dweights) + o * length);
          }
        });
    return out;
  }
};

}  // namespace

const SimOperators& FusedSim() {
  static const FusedSimOperators operators;
  return operators;
}

}  // namespace edge_int8::train
