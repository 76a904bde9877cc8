#include <algorithm>

#include "core/arith/fixed_point.h"
#include "core/engine/finish.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kChunk = 512;  // values summed at a time

int32_t Stored(const TensorLayout& layout, const std::byte* at, int32_t i) {
  if (layout.type == Type::kS16) {
    return reinterpret_cast<const int16_t*>(at)[i];
  }
  return static_cast<int32_t>(at[i]);
}

// A term of a sum. Of an 8-bit identity only 256 values exist: they are worked
// out here once.
class Term {
 public:
  Term(const AddTerm& term, const TensorLayout& layout)
      : tensor_(term.tensor), rescale_(term.rescale), scale_(term.scale) {
    if (!rescale_ || layout.type == Type::kS16) return;
    for (int32_t code = 0; code < 256; ++code) {
      values_.push_back(
          static_cast<int32_t>(Requantize(code - layout.zero, scale_)));
    }
  }
  int32_t tensor() const { return tensor_; }
  bool raw_words(const TensorLayout& layout) const {
    return !rescale_ && layout.type == Type::kS16;
  }

  void AddTo(const TensorLayout& layout, const std::byte* x, int32_t count,
             int32_t* sum) const {
    if (!values_.empty()) {
      for (int32_t i = 0; i < count; ++i) {
        sum[i] += values_[static_cast<std::size_t>(x[i])];
      }
      return;
    }
    for (int32_t i = 0; i < count; ++i) {
      const int32_t value = Stored(layout, x, i);
      sum[i] +=
          rescale_
              ? static_cast<int32_t>(Requantize(value - layout.zero, scale_))
              : value;
    }
  }

 private:
  int32_t tensor_;
  bool rescale_;
  Multiplier scale_;
  std::vector<int32_t> values_;
};

class AddStep : public Step {
 public:
  AddStep(const StepBuild& build, const AddOp& op)
      : output_(op.output),
        bits_(op.fraction_bits),
        finish_(op.activation, build.layout(op.output).type) {
    for (const AddTerm& term : op.terms) {
      terms_.emplace_back(term, build.layout(term.tensor));
    }
    plain_ = terms_.size() == 2 && IsPlain(build, 0) && IsPlain(build, 1);
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    const int32_t row = out.width * out.pitch;
    for (int32_t h = 0; h < out.height; ++h) {
      for (int32_t first = 0; first < row; first += kChunk) {
        RunChunk(context, h, first, std::min(kChunk, row - first));
      }
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override {
    std::vector<int32_t> tensors;
    for (const Term& term : terms_) tensors.push_back(term.tensor());
    return tensors;
  }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return kChunk * static_cast<int64_t>(sizeof(int32_t) + sizeof(int16_t));
  }

 private:
  bool IsPlain(const StepBuild& build, std::size_t n) const {
    return terms_[n].raw_words(build.layout(terms_[n].tensor()));
  }

  static std::byte* At(const RunContext& context, int32_t tensor, int32_t h,
                       int32_t first) {
    const TensorLayout& layout = context.layout(tensor);
    return context.data(tensor) + layout.At(h, 0) +
           int64_t{first} * TypeBytes(layout.type);
  }
  const int16_t* Words(const RunContext& context, std::size_t term, int32_t h,
                       int32_t first) const {
    return reinterpret_cast<const int16_t*>(
        At(context, terms_[term].tensor(), h, first));
  }

  void RunChunk(const RunContext& context, int32_t h, int32_t first,
                int32_t count) const {
    auto* const sums = reinterpret_cast<int32_t*>(context.scratch);
    auto* const pre = reinterpret_cast<int16_t*>(sums + kChunk);
    if (plain_) {
      context.kernels->sum_s16(
          {Words(context, 0, h, first), Words(context, 1, h, first), count,
           bits_, finish_.zero(), finish_.low(), finish_.high(), pre});
    } else {
      std::fill(sums, sums + count, 0);
      for (const Term& term : terms_) {
        term.AddTo(context.layout(term.tensor()),
                   At(context, term.tensor(), h, first), count, sums);
      }
      for (int32_t i = 0; i < count; ++i) {
        pre[i] = static_cast<int16_t>(
            Clamp(int64_t{RoundShift(sums[i], bits_)} + finish_.zero(),
                  finish_.low(), finish_.high()));
      }
    }
    finish_.Run(*context.kernels, pre, count, At(context, output_, h, first));
  }

  int32_t output_;
  int32_t bits_;
  std::vector<Term> terms_;
  bool plain_ = false;  // two terms, both already in the sum's units
  Finish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeAddStep(const StepBuild& build, const AddOp& op) {
  return std::make_unique<AddStep>(build, op);
}

}  // namespace edge_int8::core
