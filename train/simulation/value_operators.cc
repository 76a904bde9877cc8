#include "train/simulation/value_operators.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Of functions as steep as 1 / x beside 0; training needs no more.
constexpr double kSteepest = 1e3;

// Both sides of a jump are far apart over so small a distance: then 0, as of a
// step.
double SlopeOf(const edge_int8::Function& f, double x) {
  const double h = 1e-5 * std::max(1.0, std::abs(x));
  const double right = (f(x + h) - f(x)) / h;
  const double left = (f(x) - f(x - h)) / h;
  if (!std::isfinite(left) || std::abs(left) > kSteepest) {
    return std::isfinite(right) && std::abs(right) <= kSteepest ? right : 0;
  }
  if (!std::isfinite(right) || std::abs(right) > kSteepest) return left;
  return (left + right) / 2;
}

template <class Body>
at::Tensor MapValues(const at::Tensor& x, const Body& body) {
  const at::Tensor from = x.detach().cpu().contiguous();
  at::Tensor y = at::empty_like(from);
  const auto* in = from.data_ptr<float>();
  auto* out = y.data_ptr<float>();
  ForEachRange(from.numel(), 4096, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      out[n] = static_cast<float>(body(static_cast<double>(in[n])));
    }
  });
  return y.to(x.device());
}

class ValueFunction : public torch::autograd::Function<ValueFunction> {
 public:
  // The function outlives the pass: it is a node's.
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x,
                            const edge_int8::Function* function) {
    ctx->save_for_backward({x});
    ctx->saved_data["function"] = reinterpret_cast<int64_t>(function);
    return MapValues(x, *function);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto& function = *reinterpret_cast<const edge_int8::Function*>(
        ctx->saved_data["function"].toInt());
    const at::Tensor slope =
        MapValues(ctx->get_saved_variables()[0],
                  [&](double x) { return SlopeOf(function, x); });
    return {grads[0] * slope, at::Tensor()};
  }
};

// [ranges][extent], what each range's sum is made of.
at::Tensor AverageMatrix(const std::vector<PoolRange>& ranges, int64_t extent,
                         const at::Tensor& like) {
  at::Tensor matrix = at::zeros({std::ssize(ranges), extent}, at::kFloat);
  auto* row = matrix.data_ptr<float>();
  for (const PoolRange& range : ranges) {
    std::fill(row + range.begin, row + range.end,
              1.0f / static_cast<float>(range.divisor));
    row += extent;
  }
  return matrix.to(like.device());
}

at::Tensor TapMatrix(const std::vector<ResizeTap>& taps, int64_t extent,
                     const at::Tensor& like) {
  at::Tensor matrix = at::zeros({std::ssize(taps), extent}, at::kFloat);
  auto* row = matrix.data_ptr<float>();
  for (const ResizeTap& tap : taps) {
    row[tap.first] += 1 - tap.weight;
    row[tap.second] += tap.weight;
    row += extent;
  }
  return matrix.to(like.device());
}

// y[c][n][i][j] = sum of rows[i][h] * cols[j][w] * x[c][n][h][w]
at::Tensor Separable(const at::Tensor& rows, const at::Tensor& x,
                     const at::Tensor& cols) {
  return at::matmul(at::matmul(rows, x), cols.t());
}

at::Tensor LargestOf(const at::Tensor& x, const std::vector<PoolRange>& ranges,
                     int64_t axis) {
  std::vector<at::Tensor> parts;
  for (const PoolRange& range : ranges) {
    parts.push_back(
        x.narrow(axis, range.begin, range.end - range.begin).amax(axis, true));
  }
  return at::cat(parts, axis);
}

// For each value of the result the value of all inputs, one behind the other,
// that it is; `all` of them: none, so the fill.
std::vector<int64_t> SourcesOf(const Move& move,
                               const std::vector<int64_t>& offsets,
                               int64_t all) {
  std::vector<int64_t> sources(AsSize(move.out.size()), all);
  for (const MoveTerm& term : move.terms) {
    std::vector<std::pair<int64_t, int64_t>> places = {
        {offsets[AsSize(term.input)] + term.input_offset, term.output_offset}};
    for (const MoveDim& dim : term.dims) {
      std::vector<std::pair<int64_t, int64_t>> next;
      next.reserve(places.size() * AsSize(dim.extent));
      for (const auto& [from, to] : places) {
        for (int64_t i = 0; i < dim.extent; ++i) {
          next.emplace_back(from + i * dim.input_stride,
                            to + i * dim.output_stride);
        }
      }
      places = std::move(next);
    }
    for (const auto& [from, to] : places) sources[AsSize(to)] = from;
  }
  return sources;
}

at::Tensor AlongChannels(const at::Tensor& values) {
  return values.view({-1, 1, 1, 1});
}

}  // namespace

at::Tensor ApplyValues(const edge_int8::Function& function,
                       const at::Tensor& x) {
  if (function.kind == FunctionKind::kIdentity) return x;
  if (function.kind == FunctionKind::kRelu) return at::relu(x);
  if (function.kind == FunctionKind::kSilu) return at::silu(x);
  return ValueFunction::apply(x, &function);
}

// a [K][n][B][M] and b [K][n][B or 1][N] become [n][B][M][K] and [n][B][K][N].
at::Tensor MatMulValues(const at::Tensor& a, const at::Tensor& b) {
  return at::matmul(a.permute({1, 2, 3, 0}), b.permute({1, 2, 0, 3}))
      .permute({3, 0, 1, 2})
      .contiguous();
}

at::Tensor PoolValues(const Pool& pool, const at::Tensor& x) {
  if (pool.kind == PoolKind::kMax) {
    return LargestOf(LargestOf(x, pool.rows, 2), pool.cols, 3);
  }
  return Separable(AverageMatrix(pool.rows, x.size(2), x), x,
                   AverageMatrix(pool.cols, x.size(3), x));
}

at::Tensor ResizeValues(const Resize& resize, const at::Tensor& x) {
  return Separable(TapMatrix(resize.rows, x.size(2), x), x,
                   TapMatrix(resize.cols, x.size(3), x));
}

at::Tensor MoveValues(const Move& move, const std::vector<at::Tensor>& inputs) {
  int64_t windows = 1;
  for (const at::Tensor& x : inputs) windows = std::max(windows, x.size(1));
  // Values of a window first, so that one index moves all windows.
  std::vector<at::Tensor> flat;
  std::vector<int64_t> offsets;
  int64_t all = 0;
  for (const at::Tensor& x : inputs) {
    offsets.push_back(all);
    flat.push_back(
        x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}).expand({-1, windows}));
    all += flat.back().size(0);
  }
  flat.push_back(at::full({1, windows}, move.fill, inputs[0].options()));
  const std::vector<int64_t> sources = SourcesOf(move, offsets, all);
  return at::cat(flat, 0)
      .index_select(0, at::tensor(sources, at::kLong).to(inputs[0].device()))
      .view({move.out.channels, move.out.height, move.out.width, windows})
      .permute({0, 3, 1, 2})
      .contiguous();
}

at::Tensor NormalizeValues(const Normalize& norm, const at::Tensor& x,
                           const at::Tensor& scale, const at::Tensor& bias) {
  const bool places = norm.over != NormalizeOver::kLayer;
  const int64_t groups =
      norm.over == NormalizeOver::kInstance ? x.size(0) : norm.groups;
  at::Tensor grouped = x.reshape({groups, -1, x.size(1), x.size(2), x.size(3)});
  const std::vector<int64_t> over =
      places ? std::vector<int64_t>{1, 3, 4} : std::vector<int64_t>{1};
  if (norm.centered) grouped = grouped - grouped.mean(over, true);
  const at::Tensor variance = grouped.square().mean(over, true);
  at::Tensor y = (grouped * (variance + norm.epsilon).rsqrt()).view(x.sizes());
  if (scale.defined()) y = y * AlongChannels(scale);
  if (bias.defined()) y = y + AlongChannels(bias);
  return y;
}

at::Tensor RecurrentValues(const Recurrent& layer, const at::Tensor& x,
                           const RecurrentTensors& t) {
  const int64_t windows = x.size(1), length = x.size(3), hidden = layer.hidden;
  const auto column = [](const at::Tensor& bias) { return bias.view({-1, 1}); };
  // [gates * hidden][windows][length]
  const at::Tensor inputs =
      (at::matmul(t.input_weight, x.reshape({x.size(0), -1})) +
       column(t.input_bias))
          .view({-1, windows, length});
  at::Tensor h = at::zeros({hidden, windows}, x.options());
  at::Tensor c = h;
  std::vector<at::Tensor> all(AsSize(length));
  for (int64_t n = 0; n < length; ++n) {
    const int64_t at = layer.reverse ? length - 1 - n : n;
    const at::Tensor p = inputs.select(2, at);
    const at::Tensor r =
        at::matmul(t.recurrent_weight, h) + column(t.recurrent_bias);
    const auto gate = [&](const at::Tensor& of, int64_t index) {
      return of.narrow(0, index * hidden, hidden);
    };
    switch (layer.kind) {
      case RecurrentKind::kRnn:
        h = at::tanh(p + r);
        break;
      case RecurrentKind::kGru: {
        const at::Tensor reset = at::sigmoid(gate(p, 0) + gate(r, 0));
        const at::Tensor z = at::sigmoid(gate(p, 1) + gate(r, 1));
        const at::Tensor fresh = at::tanh(gate(p, 2) + reset * gate(r, 2));
        h = fresh + z * (h - fresh);
        break;
      }
      case RecurrentKind::kLstm: {
        const at::Tensor sum = p + r;
        c = at::sigmoid(gate(sum, 1)) * c +
            at::sigmoid(gate(sum, 0)) * at::tanh(gate(sum, 2));
        h = at::sigmoid(gate(sum, 3)) * at::tanh(c);
        break;
      }
    }
    all[AsSize(at)] = h;
  }
  return at::stack(all, 2).view({hidden, windows, 1, length});
}

}  // namespace edge_int8::train
