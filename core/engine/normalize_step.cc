// NormalizeOp: means and deviations over the channels of a place (layer norm),
// over the places of a channel (instance norm), or over both (group norm). One
// inverse root each; the rest is vectors of channels.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/arith/normalize.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int64_t kMostReach = int64_t{1} << 31;

// IntegerSqrt() by a rounded root that is put right. A root of 64 bits may
// round up to 2^32.
uint32_t FastSqrt(uint64_t value) {
  auto root = static_cast<uint64_t>(std::sqrt(static_cast<double>(value)));
  root = std::min<uint64_t>(root, 0xffffffff);
  while (root * root > value) --root;
  while (root < 0xffffffff && (root + 1) * (root + 1) <= value) ++root;
  return static_cast<uint32_t>(root);
}

// InverseSqrt() with that root.
Multiplier FastInverseSqrt(int64_t variance) {
  auto v = static_cast<uint64_t>(variance);
  const auto bits = static_cast<int32_t>(std::bit_width(v));
  // v / 4^k has 31 or 32 bits.
  const int32_t k = (bits - 31) >> 1;
  v = k >= 0 ? v >> (2 * k) : v << (-2 * k);
  const uint32_t s = FastSqrt(v << 32);
  const uint64_t m = ((uint64_t{1} << 62) - 1) / s;
  return {static_cast<int32_t>(m), 34 + k};
}

// A multiplier whose result fits 32 bits, in the form of kernels
// (channel_scales.h). Where it is larger than 1/8 the value is small: shifted
// left so that the shift is 33, it still fits.
NormScale MakeNormScale(int64_t sum, const Multiplier& m) {
  const int32_t left = std::max(0, 33 - m.shift);
  const int32_t shift = m.shift + left - 32;
  return {static_cast<int32_t>(sum), left, m.mantissa, 1 << (shift - 1), shift};
}

class NormalizeStep : public Step {
 public:
  NormalizeStep(const StepBuild& build, const NormalizeOp& op)
      : op_(op),
        operand_(op.input, build.layout(op.input), build.layout(op.output)),
        channels_(build.layout(op.input).channels),
        pitch_(build.layout(op.input).pitch),
        gain_(op.gain.begin(), op.gain.end()),
        bias_(op.bias),
        finish_({op.scale}, op.activation, build.layout(op.output).type,
                kMostReach) {
    gain_.resize(static_cast<std::size_t>(pitch_) + kSlack / 4);
    bias_.resize(static_cast<std::size_t>(pitch_) + kSlack / 4);
    const TensorLayout& in = build.layout(op.input);
    const int32_t places = in.height * in.width;
    per_group_ =
        op.over == NormalizeOver::kInstance ? 1 : channels_ / op.groups;
    n_ = op.over == NormalizeOver::kLayer ? per_group_ : per_group_ * places;
  }

  void Run(const RunContext& context) const override {
    if (op_.over == NormalizeOver::kLayer) {
      RunLayer(context);
    } else {
      GatherMoments(context);
      RunChannels(context);
    }
    FillMargins(context.layout(op_.output), context.data(op_.output));
  }

  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }
  int64_t scratch_bytes() const override {
    return AccumulatorBytes(pitch_) + words_bytes() + 7 * part_bytes() +
           2 * moment_bytes();
  }

 private:
  int64_t words_bytes() const { return 2 * int64_t{pitch_} + kSlack; }
  int64_t part_bytes() const { return AccumulatorBytes(pitch_) + kSlack; }
  int64_t moment_bytes() const { return 8 * RoundUp(pitch_, kPanel) + kSlack; }

  // Scratch: accumulators; moments; the scales of channels; values.
  int64_t* Moment(const RunContext& context, int part) const {
    return reinterpret_cast<int64_t*>(
        context.scratch + AccumulatorBytes(pitch_) + part * moment_bytes());
  }
  int32_t* Part(const RunContext& context, int part) const {
    return reinterpret_cast<int32_t*>(context.scratch +
                                      AccumulatorBytes(pitch_) +
                                      2 * moment_bytes() + part * part_bytes());
  }
  const int16_t* Load(const RunContext& context, int32_t h, int32_t w) const {
    auto* const buffer = reinterpret_cast<int16_t*>(Part(context, 5));
    return operand_.Load(context, h, w, 1, buffer);
  }

  NormScale ScaleOf(int64_t sum, int64_t squares) const {
    if (!op_.centered) sum = 0;
    return MakeNormScale(
        sum, FastInverseSqrt(n_ * squares - sum * sum + op_.epsilon));
  }

  void RunLayer(const RunContext& context) const {
    const TensorLayout& out = context.layout(op_.output);
    const GeneralKernels& kernels = *context.kernels->general;
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    for (int32_t h = 0; h < out.height; ++h) {
      for (int32_t w = 0; w < out.width; ++w) {
        const int16_t* x = Load(context, h, w);
        for (int32_t c = 0; c < channels_; c += per_group_) {
          int64_t sum = 0, squares = 0;
          kernels.moments(x + c, per_group_, &sum, &squares);
          kernels.normalize({x + c, per_group_, n_, gain_.data() + c,
                             bias_.data() + c, acc + c},
                            ScaleOf(sum, squares));
        }
        finish_.Run(*context.kernels, acc, channels_,
                    context.data(op_.output) + out.At(h, w));
      }
    }
  }

  void GatherMoments(const RunContext& context) const {
    const TensorLayout& out = context.layout(op_.output);
    int64_t* const sum = Moment(context, 0);
    int64_t* const squares = Moment(context, 1);
    std::fill_n(sum, channels_, 0);
    std::fill_n(squares, channels_, 0);
    for (int32_t h = 0; h < out.height; ++h) {
      for (int32_t w = 0; w < out.width; ++w) {
        context.kernels->general->moments_channels(Load(context, h, w),
                                                   channels_, sum, squares);
      }
    }
    for (int32_t first = 0; first < channels_; first += per_group_) {
      int64_t all = 0, squared = 0;
      for (int32_t c = first; c < first + per_group_; ++c) {
        all += sum[c];
        squared += squares[c];
      }
      const NormScale scale = ScaleOf(all, squared);
      for (int32_t c = first; c < first + per_group_; ++c) {
        Part(context, 0)[c] = scale.sum;
        Part(context, 1)[c] = scale.left;
        Part(context, 2)[c] = scale.mantissa;
        Part(context, 3)[c] = scale.add;
        Part(context, 4)[c] = scale.shift;
      }
    }
  }

  void RunChannels(const RunContext& context) const {
    const TensorLayout& out = context.layout(op_.output);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    const NormScales scales = {Part(context, 0), Part(context, 1),
                               Part(context, 2), Part(context, 3),
                               Part(context, 4)};
    for (int32_t h = 0; h < out.height; ++h) {
      for (int32_t w = 0; w < out.width; ++w) {
        context.kernels->general->normalize_channels(
            {Load(context, h, w), channels_, n_, gain_.data(), bias_.data(),
             acc},
            scales);
        finish_.Run(*context.kernels, acc, channels_,
                    context.data(op_.output) + out.At(h, w));
      }
    }
  }

  NormalizeOp op_;
  Operand operand_;
  int32_t channels_;
  int32_t pitch_;
  int32_t per_group_ = 0;  // channels
  int32_t n_ = 0;          // values that share a mean
  std::vector<int32_t> gain_;
  std::vector<int32_t> bias_;
  UniformFinish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeNormalizeStep(const StepBuild& build,
                                        const NormalizeOp& op) {
  return std::make_unique<NormalizeStep>(build, op);
}

}  // namespace edge_int8::core
