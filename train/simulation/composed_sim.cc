// ComposedSim(): the simulation's operators from LibTorch's, on any device;
// requantization in 64-bit integers.
#include <ATen/Context.h>

#include "train/simulation/sim_operators.h"

namespace edge_int8::train {
namespace {

// A value per channel, along its axis of [C][N][H][W].
template <class T>
at::Tensor PerChannel(const std::vector<T>& values, at::Device device) {
  return at::tensor(values, at::TensorOptions().dtype(
                                c10::CppTypeToScalarType<T>::value))
      .to(device)
      .view({-1, 1, 1, 1});
}

at::Tensor TableOf(const std::vector<float>& table, at::Device device) {
  return at::tensor(table, at::kFloat).to(device);
}

// floor((x * m + 2^(s-1)) / 2^s): int64 shifts are arithmetic.
at::Tensor Requantized(const at::Tensor& x,
                       const std::vector<core::Multiplier>& scale) {
  std::vector<int64_t> mantissa, half, shift;
  for (const core::Multiplier& m : scale) {
    mantissa.push_back(m.mantissa);
    shift.push_back(m.shift);
    half.push_back(int64_t{1} << (m.shift - 1));
  }
  const at::Device device = x.device();
  return (x * PerChannel(mantissa, device) + PerChannel(half, device))
      .bitwise_right_shift(PerChannel(shift, device));
}

// What is before the clamp, zero point included, int64.
at::Tensor Unclamped(const at::Tensor& acc, const Landing& landing) {
  std::vector<int64_t> bias(landing.bias.begin(), landing.bias.end());
  const at::Tensor sum = acc.to(at::kLong) + PerChannel(bias, acc.device());
  return Requantized(sum, landing.scale) + int64_t{landing.zero};
}

at::Tensor SumByChannel(const at::Tensor& x) {
  return x.to(at::kDouble).sum({1, 2, 3});
}

class ComposedSimOperators : public SimOperators {
 public:
  at::Tensor Convolve(const ConvShape& shape, const at::Tensor& x,
                      const at::Tensor& codes, bool wide) const override {
    return wide
               ? ConvolveByTaps(shape, x.to(at::kDouble), codes.to(at::kDouble))
               : ConvolveByTaps(shape, x, codes);
  }
  at::Tensor Scores(const AttentionShape& shape,
                    const at::Tensor& qkv) const override {
    return Composed().Scores(shape, qkv);
  }
  at::Tensor Mix(const AttentionShape& shape, const at::Tensor& p,
                 const at::Tensor& qkv) const override {
    return Composed().Mix(shape, p, qkv);
  }

  at::Tensor Land(const at::Tensor& acc,
                  const Landing& landing) const override {
    const at::Tensor pre =
        Unclamped(acc, landing).clamp(landing.low, landing.high);
    if (landing.table.empty()) {
      return (pre - int64_t{landing.zero}).to(at::kFloat);
    }
    return TableOf(landing.table, acc.device())
        .index({pre - int64_t{landing.low}});
  }

  LandingGradients LandBackward(const at::Tensor& acc, const at::Tensor& dout,
                                const Landing& landing) const override {
    const at::Device device = acc.device();
    const at::Tensor wide = Unclamped(acc, landing);
    const at::Tensor pre = wide.clamp(landing.low, landing.high);
    const at::Tensor inside = pre.eq(wide).to(at::kFloat);
    at::Tensor g = dout;
    at::Tensor out_error =
        at::zeros({landing.channels()}, acc.options().dtype(at::kDouble));
    at::Tensor out_clipped = out_error;
    if (!landing.table.empty()) {
      const at::Tensor entry = pre - int64_t{landing.low};
      const auto looked_up = [&](const std::vector<float>& table) {
        return TableOf(table, device).index({entry});
      };
      out_error = SumByChannel(g * looked_up(landing.out_error));
      out_clipped = -SumByChannel(g * looked_up(landing.out_clipped));
      g = g * looked_up(landing.slope);
    }
    const at::Tensor ratio = PerChannel(landing.ratio, device);
    const std::vector<float> bias(landing.bias.begin(), landing.bias.end());
    const at::Tensor v =
        (acc.to(at::kFloat) + PerChannel(bias, device)) * ratio;
    const at::Tensor code = (pre - int64_t{landing.zero}).to(at::kFloat);
    LandingGradients out;
    out.dacc = g * inside * ratio;
    out.sums = at::stack(
        {SumByChannel(out.dacc), SumByChannel(g * (code - inside * v)),
         -SumByChannel(g * (1 - inside)), out_error, out_clipped});
    return out;
  }

  at::Tensor SoftmaxRows(
      const at::Tensor& acc, const core::ExpTables& tables,
      const std::vector<core::Multiplier>& logits) const override {
    const auto table = [&](const std::array<uint16_t, 256>& values) {
      return at::tensor(std::vector<int64_t>(values.begin(), values.end()),
                        at::kLong)
          .to(acc.device());
    };
    const at::Tensor x = acc.to(at::kLong);
    const at::Tensor u =
        Requantized(x.amax(-1, true) - x, logits).clamp(0, 65535);
    const auto shifted = [](const at::Tensor& value, int64_t bits) {
      return value.bitwise_right_shift(at::Scalar(bits));
    };
    const at::Tensor e =
        shifted(table(tables.coarse).index({shifted(u, 8)}) *
                        table(tables.fine)
                            .index({u.bitwise_and(at::Scalar(int64_t{255}))}) +
                    int64_t{1 << 14},
                15);
    const at::Tensor sum = e.sum(-1, true);
    const int64_t one = int64_t{core::kProbabilityOne} << 16;
    const at::Tensor reciprocal = at::floor_divide(shifted(sum, 1) + one, sum);
    return shifted(e * reciprocal + int64_t{1 << 15}, 16).to(at::kFloat);
  }

  at::Tensor SoftmaxRowsBackward(
      const at::Tensor& p, const at::Tensor& dp,
      const std::vector<double>& units) const override {
    const std::vector<float> unit(units.begin(), units.end());
    const at::Tensor dot =
        (p * dp).sum(-1, true) / static_cast<double>(core::kProbabilityOne);
    return PerChannel(unit, p.device()) * p * (dp - dot);
  }

  WeightGradients WeightBackward(const at::Tensor& weights,
                                 const at::Tensor& codes,
                                 const at::Tensor& dcodes,
                                 const std::vector<double>& scales,
                                 int32_t limit) const override {
    std::vector<int64_t> row(static_cast<std::size_t>(weights.dim()), 1);
    row[0] = -1;
    const at::Tensor scale =
        at::tensor(std::vector<float>(scales.begin(), scales.end()))
            .to(weights.device())
            .view(row);
    const at::Tensor v = weights / scale;
    const at::Tensor inside = v.abs().le(limit + 0.5).to(at::kFloat);
    return {dcodes * inside / scale, (dcodes * (codes - inside * v))
                                         .to(at::kDouble)
                                         .reshape({weights.size(0), -1})
                                         .sum(1)};
  }
};

}  // namespace

const SimOperators& ComposedSim() {
  static const ComposedSimOperators operators;
  return operators;
}

at::Tensor ConvolveByTaps(const ConvShape& s, const at::Tensor& x,
                          const at::Tensor& codes) {
  const Conv& c = s.conv;
  const at::Tensor padded = at::constant_pad_nd(
      x, {c.pad_left, c.pad_right, c.pad_top, c.pad_bottom});
  const at::Tensor w = codes.reshape(
      {c.groups, s.out_per_group(), s.in_per_group(), c.kernel_h, c.kernel_w});
  at::Tensor sum;
  for (int64_t kh = 0; kh < c.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < c.kernel_w; ++kw) {
      const int64_t top = kh * c.dilation_h, left = kw * c.dilation_w;
      const at::Tensor seen =
          padded
              .slice(2, top, top + (s.out.height - 1) * c.stride_h + 1,
                     c.stride_h)
              .slice(3, left, left + (s.out.width - 1) * c.stride_w + 1,
                     c.stride_w)
              .reshape({c.groups, s.in_per_group(), -1});
      const at::Tensor tap =
          at::bmm(w.select(4, kw).select(3, kh).contiguous(), seen);
      sum = sum.defined() ? sum + tap : tap;
    }
  }
  return sum.view({s.out.channels, s.windows, s.out.height, s.out.width});
}

void KeepProductsExact() {
  at::globalContext().setAllowTF32CuBLAS(false);
  at::globalContext().setAllowTF32CuDNN(false);
}

}  // namespace edge_int8::train
