// SoftmaxOp: lines along the channels lie in memory one after the other; lines
// along an image's axis lie beside each other, one per channel, and are worked
// on together.
#include <algorithm>
#include <array>

#include "core/arith/softmax.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

class SoftmaxStep : public Step {
 public:
  SoftmaxStep(const StepBuild& build, const SoftmaxOp& op)
      : op_(op),
        operand_(op.input, build.layout(op.input), build.layout(op.output)),
        channels_(build.layout(op.input).channels),
        pitch_(build.layout(op.input).pitch) {
    const TensorLayout& in = build.layout(op.input);
    length_ = op.axis == 0 ? in.channels : op.axis == 1 ? in.height : in.width;
    const ExpTables& tables = build.graph.exp_tables;
    std::copy_n(tables.coarse.begin(), 256, coarse_.begin());
    std::copy_n(tables.fine.begin(), 256, fine_.begin());
    exp_ = {coarse_.data(), fine_.data(), op.logit.mantissa, op.logit.shift};
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(op_.output);
    if (op_.axis == 0) {
      for (int32_t h = 0; h < out.height; ++h) {
        for (int32_t w = 0; w < out.width; ++w) RunPlace(context, h, w);
      }
    } else {
      const int32_t lines = op_.axis == 1 ? out.width : out.height;
      for (int32_t line = 0; line < lines; ++line) RunLines(context, line);
    }
    FillMargins(out, context.data(op_.output));
  }

  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }
  // Exponentials and values of a line (of all channels), their maxima, sums.
  int64_t scratch_bytes() const override {
    if (op_.axis == 0) return int64_t{pitch_} * (4 + 2) + 2 * kSlack;
    return int64_t{pitch_} * (length_ * (4 + 2) + 2 + 4) + 4 * kSlack;
  }

 private:
  // min(floor((32767 * 2^(16 + b) + sum / 2) / sum), 65534).
  uint32_t Reciprocal(uint32_t sum) const {
    const uint64_t one = uint64_t{kProbabilityOne} << (16 + op_.extra_bits);
    return static_cast<uint32_t>(
        std::min<uint64_t>((one + sum / 2) / sum, kMaxReciprocal));
  }

  int16_t* Output(const RunContext& context, int32_t h, int32_t w) const {
    return reinterpret_cast<int16_t*>(context.data(op_.output) +
                                      context.layout(op_.output).At(h, w));
  }

  void RunPlace(const RunContext& context, int32_t h, int32_t w) const {
    const GeneralKernels& kernels = *context.kernels->general;
    auto* const exps = reinterpret_cast<uint32_t*>(context.scratch);
    auto* const buffer =
        reinterpret_cast<int16_t*>(context.scratch + 4 * pitch_ + kSlack);
    const int16_t* x = operand_.Load(context, h, w, 1, buffer);
    const uint32_t sum = kernels.exp_line(
        exp_, x, kernels.largest_s16(x, channels_), channels_, exps);
    kernels.probabilities(exps, Reciprocal(sum), channels_,
                          Output(context, h, w));
  }

  // Of all channels; padding is worked on as if it were one.
  void RunLines(const RunContext& context, int32_t line) const {
    const GeneralKernels& kernels = *context.kernels->general;
    const int64_t values = int64_t{length_} * pitch_;
    std::byte* scratch = context.scratch;
    const auto take = [&](int64_t bytes) {
      std::byte* const taken = scratch;
      scratch += bytes + kSlack;
      return taken;
    };
    auto* const exps = reinterpret_cast<uint32_t*>(take(4 * values));
    auto* const sums = reinterpret_cast<uint32_t*>(take(4 * int64_t{pitch_}));
    auto* const buffer = reinterpret_cast<int16_t*>(take(2 * values));
    auto* const max = reinterpret_cast<int16_t*>(take(2 * int64_t{pitch_}));
    std::fill_n(max, pitch_, int16_t{-32768});
    std::fill_n(sums, pitch_, 0u);
    const auto load = [&](int32_t i) {
      return operand_.Load(context, op_.axis == 1 ? i : line,
                           op_.axis == 1 ? line : i, 1, buffer + i * pitch_);
    };
    for (int32_t i = 0; i < length_; ++i) {
      kernels.max_places_s16(
          {reinterpret_cast<const std::byte*>(load(i)), 0, 1, pitch_}, max);
    }
    for (int32_t i = 0; i < length_; ++i) {
      kernels.exp_lines(exp_, load(i), max, pitch_, exps + i * pitch_, sums);
    }
    for (int32_t c = 0; c < pitch_; ++c) sums[c] = Reciprocal(sums[c]);
    for (int32_t i = 0; i < length_; ++i) {
      kernels.probabilities_lines(
          exps + i * pitch_, sums, pitch_,
          op_.axis == 1 ? Output(context, i, line) : Output(context, line, i));
    }
  }

  SoftmaxOp op_;
  Operand operand_;
  int32_t channels_;
  int32_t pitch_;
  int32_t length_ = 0;
  std::array<int32_t, 256> coarse_ = {}, fine_ = {};
  ExpArgs exp_ = {};
};

}  // namespace

std::unique_ptr<Step> MakeSoftmaxStep(const StepBuild& build,
                                      const SoftmaxOp& op) {
  return std::make_unique<SoftmaxStep>(build, op);
}

}  // namespace edge_int8::core
