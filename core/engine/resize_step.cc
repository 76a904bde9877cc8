// ResizeOp: a row between two rows of the input, then places between two places
// of it. Both sums are exact, so their order does not matter.
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int64_t kLargestBlend = int64_t{1} << 31;

class ResizeStep : public Step {
 public:
  ResizeStep(const StepBuild& build, const ResizeOp& op)
      : op_(op),
        operand_(op.input, build.layout(op.input), build.layout(op.input)),
        in_values_(build.layout(op.input).width * build.layout(op.input).pitch),
        out_values_(build.layout(op.output).width *
                    build.layout(op.output).pitch),
        finish_({op.scale}, op.activation, build.layout(op.output).type,
                kLargestBlend) {}

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(op_.output);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    int32_t* const blended = acc + AccumulatorBytes(out_values_) / 4;
    for (int32_t i = 0; i < out.height; ++i) {
      BlendRows(context, op_.rows[static_cast<std::size_t>(i)], blended);
      for (int32_t j = 0; j < out.width; ++j) {
        const ResizeTap& col = op_.cols[static_cast<std::size_t>(j)];
        context.kernels->general->blend_s32(
            blended + col.first * out.pitch, blended + col.second * out.pitch,
            col.weight, out.pitch, acc + j * out.pitch);
      }
      finish_.Run(*context.kernels, acc, out_values_,
                  context.data(op_.output) + out.At(i, 0));
    }
    FillMargins(out, context.data(op_.output));
  }

  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }
  int64_t scratch_bytes() const override {
    return AccumulatorBytes(out_values_) + AccumulatorBytes(in_values_) +
           2 * buffer_bytes();
  }

 private:
  int64_t buffer_bytes() const { return 2 * int64_t{in_values_} + kSlack; }

  void BlendRows(const RunContext& context, const ResizeTap& row,
                 int32_t* blended) const {
    std::byte* const buffers = context.scratch + AccumulatorBytes(out_values_) +
                               AccumulatorBytes(in_values_);
    const int32_t places = context.layout(op_.input).width;
    const int16_t* first = operand_.Load(context, row.first, 0, places,
                                         reinterpret_cast<int16_t*>(buffers));
    const int16_t* second =
        operand_.Load(context, row.second, 0, places,
                      reinterpret_cast<int16_t*>(buffers + buffer_bytes()));
    context.kernels->general->blend_s16(first, second, row.weight, in_values_,
                                        blended);
  }

  ResizeOp op_;
  Operand operand_;
  int32_t in_values_;   // of a row
  int32_t out_values_;  // of a row
  UniformFinish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeResizeStep(const StepBuild& build,
                                     const ResizeOp& op) {
  return std::make_unique<ResizeStep>(build, op);
}

}  // namespace edge_int8::core
