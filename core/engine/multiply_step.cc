// MultiplyOp: products of two tensors, value by value.
#include <algorithm>
#include <cstdlib>

#include "core/engine/accumulator_range.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kMultiplyValues = 1024;  // worked on at a time

class MultiplyStep : public Step {
 public:
  MultiplyStep(const StepBuild& build, const MultiplyOp& op)
      : output_(op.output),
        a_(op.a, build.layout(op.a), build.layout(op.output)),
        b_(op.b, build.layout(op.b), build.layout(op.output)),
        chunks_(ChunksOf(build.layouts, {&a_, &b_}, build.layout(op.output),
                         kMultiplyValues)),
        values_(chunks_.places * build.layout(op.output).pitch),
        finish_({op.scale}, op.activation, build.layout(op.output).type,
                LargestCentered(build.layout(op.a)) *
                    LargestCentered(build.layout(op.b))) {}

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    auto* const a =
        reinterpret_cast<int16_t*>(context.scratch + AccumulatorBytes(values_));
    auto* const b = a + values_ + kSlack / 2;
    for (int32_t h = 0; h < chunks_.rows; ++h) {
      for (int32_t w = 0; w < chunks_.row_places; w += chunks_.places) {
        const int32_t places = std::min(chunks_.places, chunks_.row_places - w);
        const int32_t count = places * out.pitch;
        context.kernels->general->multiply_s16(
            a_.Load(context, h, w, places, a),
            b_.Load(context, h, w, places, b), count, acc);
        finish_.Run(*context.kernels, acc, count,
                    context.data(output_) + out.At(h, w));
      }
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override {
    return {a_.tensor(), b_.tensor()};
  }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return AccumulatorBytes(values_) + 2 * (2 * int64_t{values_} + kSlack);
  }

 private:
  int32_t output_;
  Operand a_, b_;
  PlaceChunks chunks_;
  int32_t values_;  // of a chunk
  UniformFinish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeMultiplyStep(const StepBuild& build,
                                       const MultiplyOp& op) {
  return std::make_unique<MultiplyStep>(build, op);
}

}  // namespace edge_int8::core
