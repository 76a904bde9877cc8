#include "src/export/tflite/tflite_attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/arith/softmax.h"
#include "src/export/real_scales.h"

namespace edge_int8 {
namespace {

class Attention {
 public:
  Attention(TfliteValues& values, const core::AttentionOp& op,
            const Extent& extent, const std::string& name)
      : values_(values), op_(op), extent_(extent), name_(name) {}

  TfValue Run(const TfQkv& x, std::span<const double> value_scales,
              const TfGrid& grid) {
    const TfGrid logit_grid{true, LogitScale(), 0};
    const TfGrid p_grid{true, 1.0 / 32768, 0};  // what SOFTMAX writes
    const int length = width() ? extent_.width : extent_.height;
    const TfShape square = {Lines(), op_.heads, length, length};
    const int logits = New("logits", square, logit_grid);
    Op(TfBatchMatMul{true}, {Heads(x.q, "q"), Heads(x.k, "k")}, logits);
    const int p = New("p", square, p_grid);
    Op(TfSoftmax{}, {logits}, p);
    const int mix =
        New("mix", {Lines(), op_.heads, length, PerHead()}, x.v.grid);
    Op(TfBatchMatMul{false}, {p, Heads(x.v, "v")}, mix);
    const TfShape back = width() ? TfShape{0, 2, 1, 3} : TfShape{2, 0, 1, 3};
    TfValue y{values_.Transposed(mix, back, x.v.grid, name_ + ".rows"),
              kChannelsLast, extent_, x.v.grid};
    y = values_.Reshape(y, {1, extent_.height, extent_.width, extent_.channels},
                        name_ + ".image");
    const TfValue biased = values_.New(name_ + ".biased", extent_, grid);
    Op(TfAdd{}, {y.tensor, Bias(value_scales)}, biased.tensor);
    return biased;
  }

 private:
  bool width() const { return op_.axis == core::AttentionAxis::kWidth; }
  int Lines() const { return width() ? extent_.height : extent_.width; }
  int PerHead() const { return extent_.channels / op_.heads; }
  int New(const std::string& part, const TfShape& shape, const TfGrid& grid) {
    return values_.writer().Tensor(name_ + "." + part, shape, TfType::kInt16,
                                   grid.scale, 0);
  }
  void Op(TfOp op, std::vector<int> inputs, int output) {
    values_.writer().Op(std::move(op), std::move(inputs), {output});
  }

  // The largest logit that int8 queries and keys can have, so none saturates.
  double LogitScale() const {
    double unit = 0;
    for (const core::Multiplier m : op_.logit) {
      unit = std::max(unit, std::ldexp(RealMultiplier(m), -core::kExpUnitBits));
    }
    return unit * PerHead() * 127 * 127 / 32767;
  }

  // [line][head][place][channel in head].
  int Heads(const TfValue& x, const std::string& part) {
    const TfValue split =
        values_.Reshape(values_.InOrder(x, kChannelsLast),
                        {extent_.height, extent_.width, op_.heads, PerHead()},
                        name_ + "." + part + ".heads");
    const TfShape order = width() ? TfShape{0, 2, 1, 3} : TfShape{1, 2, 0, 3};
    return values_.Transposed(split.tensor, order, x.grid,
                              name_ + "." + part + ".lines");
  }

  // One 16-bit constant per channel, with one scale.
  int Bias(std::span<const double> value_scales) {
    std::vector<double> real;
    double most = 0;
    for (std::size_t c = 0; c < op_.bias.size(); ++c) {
      real.push_back(op_.bias[c] * value_scales[c] / core::kProbabilityOne);
      most = std::max(most, std::abs(real.back()));
    }
    const double scale = most > 0 ? most / 32767 : 1;
    std::vector<int16_t> values;
    for (const double b : real) {
      values.push_back(static_cast<int16_t>(std::lround(b / scale)));
    }
    return values_.writer().Constant(
        name_ + ".bias", {1, 1, 1, extent_.channels},
        std::span<const int16_t>(values), {static_cast<float>(scale)});
  }

  TfliteValues& values_;
  const core::AttentionOp& op_;
  const Extent extent_;
  const std::string& name_;
};

}  // namespace

TfValue TfliteAttention(TfliteValues& values, const core::AttentionOp& op,
                        const TfQkv& qkv, std::span<const double> value_scales,
                        const TfGrid& grid, const std::string& name) {
  return Attention(values, op, qkv.v.extent, name).Run(qkv, value_scales, grid);
}

}  // namespace edge_int8
