// RequantizeOp: of a byte only 256 results exist, which are worked out here
// once; of 16 bits each value is requantized.
#include <algorithm>
#include <array>

#include "core/arith/activation.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kMapValues = 1024;  // worked on at a time

class MapStep : public Step {
 public:
  MapStep(const StepBuild& build, const RequantizeOp& op)
      : input_(op.input),
        output_(op.output),
        operand_(op.input, build.layout(op.input), build.layout(op.output)),
        chunks_(ChunksOf(build.layouts, {&operand_}, build.layout(op.output),
                         kMapValues)),
        words_out_(build.layout(op.output).type == Type::kS16),
        pitch_(build.layout(op.output).pitch) {
    if (build.layout(op.input).type == Type::kS16) {
      finish_ = UniformFinish({op.scale}, op.activation,
                              build.layout(op.output).type, 1 << 15);
    } else {
      PlanTable(build, op);
    }
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    for (int32_t h = 0; h < chunks_.rows; ++h) {
      if (!bytes_.empty()) {
        Lookup(context, h);
        continue;
      }
      for (int32_t w = 0; w < chunks_.row_places; w += chunks_.places) {
        const int32_t places = std::min(chunks_.places, chunks_.row_places - w);
        auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
        const int16_t* x = operand_.Load(context, h, w, places, nullptr);
        context.kernels->general->widen_s16(x, places * out.pitch, acc);
        finish_.Run(*context.kernels, acc, places * out.pitch,
                    context.data(output_) + out.At(h, w));
      }
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override { return {input_}; }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    if (!bytes_.empty()) return 0;
    return AccumulatorBytes(int64_t{chunks_.places} * pitch_);
  }

 private:
  void PlanTable(const StepBuild& build, const RequantizeOp& op) {
    const int32_t stored = build.layout(op.output).type == Type::kS8 ? 128 : 0;
    std::array<int16_t, 256> values = {};
    for (int32_t x = 0; x < 256; ++x) {
      const int32_t y = Activate(
          op.activation, Requantize(x - build.layout(op.input).zero, op.scale));
      values[static_cast<std::size_t>(x)] = static_cast<int16_t>(y + stored);
    }
    // The first plane of a table of bytes is that table.
    bytes_ = WordTable(values);
  }

  void Lookup(const RunContext& context, int32_t h) const {
    const TensorLayout& out = context.layout(output_);
    const auto* x = reinterpret_cast<const uint8_t*>(
        context.data(input_) + context.layout(input_).At(h, 0));
    std::byte* const y = context.data(output_) + out.At(h, 0);
    const int32_t count = chunks_.row_places * out.pitch;
    if (words_out_) {
      context.kernels->general->map_u8_s16(bytes_.planes(), x, count,
                                           reinterpret_cast<int16_t*>(y));
    } else {
      context.kernels->general->map_u8(bytes_.planes(), x, count,
                                       reinterpret_cast<uint8_t*>(y));
    }
  }

  int32_t input_;
  int32_t output_;
  Operand operand_;
  PlaceChunks chunks_;
  bool words_out_;
  int32_t pitch_;
  WordTable bytes_;       // of a byte input
  UniformFinish finish_;  // of any other
};

}  // namespace

std::unique_ptr<Step> MakeMapStep(const StepBuild& build,
                                  const RequantizeOp& op) {
  return std::make_unique<MapStep>(build, op);
}

}  // namespace edge_int8::core
