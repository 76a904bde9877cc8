#include "core/engine/accumulator_range.h"
#include "core/engine/channel_scales.h"
#include "core/engine/finish.h"
#include "core/engine/step.h"
#include "core/engine/value_range.h"
#include "core/engine/winograd_plan.h"

namespace edge_int8::core {
namespace {

class WinogradStep : public Step {
 public:
  WinogradStep(const StepBuild& build, const ConvOp& op)
      : input_(op.input),
        output_(op.output),
        pad_top_(op.geometry.pad_top),
        plan_(
            PlanWinograd(op, build.layout(op.input), build.layout(op.output))),
        scales_(op.scale, static_cast<std::size_t>(plan_.columns), 0,
                ChannelScales::HowInFloat(
                    op.scale, LargestAccumulators(op, build.layout(op.input)))),
        finish_(op.activation, build.layout(op.output).type) {}

  void Run(const RunContext& context) const override {
    for (const int32_t row : plan_.rows) {
      for (const WinogradSpan& span : plan_.spans) {
        RunSpan(context, row, span);
      }
    }
    FillMargins(context.layout(output_), context.data(output_));
  }

  std::vector<int32_t> reads() const override { return {input_}; }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return input_bytes() + product_bytes() +
           2 * int64_t{plan_.max_places} * plan_.columns * 4;
  }
  int64_t weight_bytes() const override {
    return static_cast<int64_t>(plan_.weights.size());
  }

 private:
  int64_t input_bytes() const {
    return int64_t{kWinogradProducts} * plan_.max_tiles * plan_.channels * 2;
  }
  int64_t product_bytes() const {
    return int64_t{kWinogradProducts} * plan_.max_tiles * plan_.columns * 4;
  }

  void RunSpan(const RunContext& context, int32_t row,
               const WinogradSpan& span) const {
    const TensorLayout& in = context.layout(input_);
    const auto tiles = static_cast<int32_t>(span.inputs.size());
    auto* const transformed = reinterpret_cast<int16_t*>(context.scratch);
    auto* const products =
        reinterpret_cast<int32_t*>(context.scratch + input_bytes());
    auto* const acc = reinterpret_cast<int32_t*>(
        context.scratch + input_bytes() + product_bytes());
    const std::byte* x =
        context.data(input_) + (in.top + row - pad_top_) * in.row_bytes();
    context.kernels->winograd_input({x, span.inputs.data(), tiles,
                                     in.row_bytes(), in.place_bytes(),
                                     plan_.channels, transformed});
    Multiply(*context.kernels, tiles, transformed, products);
    context.kernels->winograd_output({products, tiles, plan_.columns,
                                      plan_.bias.data(), span.outputs.data(),
                                      span.places, acc});
    Store(context, row, span, acc);
  }

  void Multiply(const KernelTable& kernels, int32_t tiles,
                const int16_t* transformed, int32_t* products) const {
    GemmArgs args = {};
    args.position = plan_.position.data();
    args.positions = tiles;
    args.step = plan_.step.data();
    args.steps = static_cast<int32_t>(plan_.step.size());
    args.bias = plan_.no_bias.data();
    args.columns = plan_.columns;
    args.acc_stride = plan_.columns;
    for (int k = 0; k < kWinogradProducts; ++k) {
      args.x = reinterpret_cast<const std::byte*>(
          transformed + int64_t{k} * tiles * plan_.channels);
      args.weights = plan_.weights.data() + k * plan_.product_bytes;
      args.acc = products + int64_t{k} * tiles * plan_.columns;
      kernels.gemm_s16(args);
    }
  }

  void Store(const RunContext& context, int32_t row, const WinogradSpan& span,
             int32_t* acc) const {
    auto* const pre = reinterpret_cast<int16_t*>(acc);
    const int32_t values = span.places * plan_.columns;
    context.kernels->requantize({acc, 2 * values, plan_.columns, scales_.row(),
                                 finish_.zero(), finish_.low(), finish_.high(),
                                 pre});
    const TensorLayout& out = context.layout(output_);
    std::byte* const base = context.data(output_);
    for (int32_t h = 0; h < 2; ++h) {
      finish_.Run(*context.kernels, pre + h * values, values,
                  base + out.At(row + h, span.first_place));
    }
  }

  int32_t input_;
  int32_t output_;
  int32_t pad_top_;
  WinogradPlan plan_;
  ChannelScales scales_;
  Finish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeWinogradStep(const StepBuild& build,
                                       const ConvOp& op) {
  const TensorLayout& in = build.layout(op.input);
  if (in.type != Type::kS16 ||
      !SuitsWinograd(op, in, build.layout(op.output),
                     LargestValue(build.graph, op.input))) {
    return nullptr;
  }
  return std::make_unique<WinogradStep>(build, op);
}

}  // namespace edge_int8::core
