// AddOp: sums of any number of terms, broadcast. Terms become int16 in the
// sum's units where all their values fit that, as those of a sum that was
// lowered do.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

#include "core/arith/fixed_point.h"
#include "core/engine/channel_scales.h"
#include "core/engine/finish.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kSumValues = 1024;  // worked on at a time

bool FitsInt16(int64_t value) {
  return value >= std::numeric_limits<int16_t>::min() &&
         value <= std::numeric_limits<int16_t>::max();
}

// A term in the sum's units.
class SumTerm {
 public:
  SumTerm(const AddTerm& term, const TensorLayout& layout,
          const TensorLayout& out)
      : operand_(term.tensor, layout, out), scale_(term.scale) {
    negate_ = term.negate;
    const bool words = layout.type == Type::kS16;
    if (words) {
      rescales_ = term.rescale;
      fits_ = !negate_ && !rescales_;
      return;
    }
    std::array<int16_t, 256> values = {};
    for (int32_t x = 0; x < 256; ++x) {
      int64_t value = Requantize(x - layout.zero, term.scale);
      if (negate_) value = -value;
      fits_ &= FitsInt16(value);
      values[static_cast<std::size_t>(x)] = static_cast<int16_t>(value);
    }
    if (fits_) {
      operand_ = Operand(term.tensor, layout, out, values);
    } else {
      rescales_ = true;  // of centered values
    }
  }

  const Operand& operand() const { return operand_; }
  // Whether Load() gives what is to be added.
  bool fits() const { return fits_; }
  const int16_t* Load(const RunContext& context, int32_t h, int32_t w,
                      int32_t places, int16_t* buffer) const {
    return operand_.Load(context, h, w, places, buffer);
  }
  // Adds what Load() gave.
  void AddTo(const KernelTable& kernels, const int16_t* x, int32_t count,
             int32_t* sum) const {
    if (fits_) return kernels.general->accumulate_s16(x, count, sum);
    // Unsigned, because those of padding may be anything.
    for (int32_t i = 0; i < count; ++i) {
      const auto value = static_cast<uint32_t>(
          rescales_ ? Requantize(x[i], scale_) : int64_t{x[i]});
      const auto before = static_cast<uint32_t>(sum[i]);
      sum[i] = static_cast<int32_t>(negate_ ? before - value : before + value);
    }
  }

 private:
  Operand operand_;
  Multiplier scale_;
  bool negate_ = false;
  bool rescales_ = false;
  bool fits_ = true;
};

class AddStep : public Step {
 public:
  AddStep(const StepBuild& build, const AddOp& op)
      : output_(op.output),
        bits_(op.fraction_bits),
        finish_(op.activation, build.layout(op.output).type) {
    std::vector<const Operand*> operands;
    for (const AddTerm& term : op.terms) {
      terms_.emplace_back(term, build.layout(term.tensor),
                          build.layout(op.output));
    }
    for (const SumTerm& term : terms_) operands.push_back(&term.operand());
    chunks_ =
        ChunksOf(build.layouts, operands, build.layout(op.output), kSumValues);
    values_ = chunks_.places * build.layout(op.output).pitch;
    plain_ = terms_.size() == 2 && terms_[0].fits() && terms_[1].fits() &&
             bits_ <= 15;
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    for (int32_t h = 0; h < chunks_.rows; ++h) {
      for (int32_t w = 0; w < chunks_.row_places; w += chunks_.places) {
        RunChunk(context, h, w,
                 std::min(chunks_.places, chunks_.row_places - w));
      }
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override {
    std::vector<int32_t> tensors;
    for (const SumTerm& term : terms_) {
      tensors.push_back(term.operand().tensor());
    }
    return tensors;
  }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return AccumulatorBytes(values_) + 2 * buffer_bytes();
  }

 private:
  int64_t buffer_bytes() const { return 2 * int64_t{values_} + kSlack; }

  void RunChunk(const RunContext& context, int32_t h, int32_t w,
                int32_t places) const {
    const TensorLayout& out = context.layout(output_);
    const int32_t count = places * out.pitch;
    auto* const sum = reinterpret_cast<int32_t*>(context.scratch);
    std::byte* const buffers = context.scratch + AccumulatorBytes(values_);
    auto* const first = reinterpret_cast<int16_t*>(buffers);
    auto* const second = reinterpret_cast<int16_t*>(buffers + buffer_bytes());
    if (plain_) {
      context.kernels->sum_s16({terms_[0].Load(context, h, w, places, first),
                                terms_[1].Load(context, h, w, places, second),
                                count, bits_, finish_.zero(), finish_.low(),
                                finish_.high(), first});
    } else {
      std::fill_n(sum, count, 0);
      for (const SumTerm& term : terms_) {
        term.AddTo(*context.kernels, term.Load(context, h, w, places, second),
                   count, sum);
      }
      context.kernels->general->round_sum(sum, bits_, finish_.zero(),
                                          finish_.low(), finish_.high(), count,
                                          first);
    }
    finish_.Run(*context.kernels, first, count,
                context.data(output_) + out.At(h, w));
  }

  int32_t output_;
  int32_t bits_;
  std::vector<SumTerm> terms_;
  PlaceChunks chunks_;
  int32_t values_ = 0;  // of a chunk
  bool plain_ = false;  // two terms of int16
  Finish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeAddStep(const StepBuild& build, const AddOp& op) {
  return std::make_unique<AddStep>(build, op);
}

}  // namespace edge_int8::core
