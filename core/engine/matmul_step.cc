// MatMulOp: what a convolution multiplies by packed weights, here multiplies by
// an activation that is packed when it is known. Both operands have the summed
// axis innermost in memory, so that packing only moves dwords.
//
// Bytes by signed bytes go to gemm_u8 where its weights need no order of their
// own (WeightForm::kBytes); everything else is centered to int16.
#include <algorithm>
#include <bit>
#include <cstring>

#include "core/engine/accumulator_range.h"
#include "core/engine/operand.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kProductBytes = 24 * 1024;  // of accumulators at once

// A tensor's places as rows of values that the product reads.
class ProductOperand {
 public:
  ProductOperand() = default;
  ProductOperand(const StepBuild& build, int32_t tensor, bool words)
      : operand_(tensor, build.layout(tensor), build.layout(tensor)),
        height_(build.layout(tensor).height),
        places_(build.layout(tensor).width),
        pitch_(build.layout(tensor).pitch),
        place_bytes_(words ? 2 * pitch_ : build.layout(tensor).place_bytes()),
        centers_(words && build.layout(tensor).type != Type::kS16) {}

  int32_t tensor() const { return operand_.tensor(); }
  int32_t height() const { return height_; }
  int32_t places() const { return places_; }
  int32_t place_bytes() const { return place_bytes_; }
  int64_t buffer_bytes() const {
    return centers_ ? int64_t{places_} * place_bytes_ + kSlack : 0;
  }
  // All places of row h.
  const std::byte* Row(const RunContext& context, int32_t h,
                       std::byte* buffer) const {
    if (!centers_) {
      return context.data(tensor()) + context.layout(tensor()).At(h, 0);
    }
    return reinterpret_cast<const std::byte*>(operand_.Load(
        context, h, 0, places_, reinterpret_cast<int16_t*>(buffer)));
  }

 private:
  Operand operand_;
  int32_t height_ = 0;
  int32_t places_ = 0;
  int32_t pitch_ = 0;
  int32_t place_bytes_ = 0;
  bool centers_ = false;
};

class MatMulStep : public Step {
 public:
  MatMulStep(const StepBuild& build, const MatMulOp& op)
      : output_(op.output),
        bytes_(build.kernels.weight_form == WeightForm::kBytes &&
               build.layout(op.a).type != Type::kS16 &&
               build.layout(op.b).type == Type::kS8),
        a_(build, op.a, !bytes_),
        b_(build, op.b, !bytes_),
        finish_({op.scale}, op.activation, build.layout(op.output).type,
                build.layout(op.a).channels *
                    LargestCentered(build.layout(op.a)) *
                    LargestCentered(build.layout(op.b))) {
    PlanSteps(build.layout(op.a));
    for (int32_t m = 0; m < a_.places(); ++m) {
      positions_.push_back(m * a_.place_bytes());
    }
    const int32_t pitch = build.layout(op.output).pitch;
    acc_stride_ = pitch;
    tile_ = std::clamp(kProductBytes / (4 * pitch), 1, a_.places());
    no_bias_.resize(static_cast<std::size_t>(bias_bytes() / 4));
    zero_row_.assign(static_cast<std::size_t>(4 * dwords()) + kSlack,
                     static_cast<uint8_t>(build.layout(op.a).zero));
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    for (int32_t t = 0; t < out.height; ++t) {
      if (t < b_.height()) Pack(context, t);
      RunRow(context, t);
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override {
    return {a_.tensor(), b_.tensor()};
  }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return acc_bytes() + bias_bytes() + weights_bytes() + a_.buffer_bytes() +
           b_.buffer_bytes();
  }

 private:
  void PlanSteps(const TensorLayout& a) {
    const int32_t row = a.channels * (bytes_ ? 1 : 2);
    for (int32_t at = 0; at < row; at += kStepBytes) steps_.push_back(at);
    // Values past the last are some channel of padding: their weights are 0.
    const int32_t rest = row % kStepBytes;
    std::array<uint8_t, kStepBytes> mask;
    for (int32_t i = 0; i < kStepBytes; ++i) {
      mask[static_cast<std::size_t>(i)] = rest == 0 || i < rest ? 0xff : 0;
    }
    last_mask_ = std::bit_cast<uint32_t>(mask);
  }

  int32_t dwords() const { return static_cast<int32_t>(steps_.size()); }
  int32_t columns() const { return b_.places(); }
  int64_t acc_bytes() const {
    return AccumulatorBytes(int64_t{tile_} * acc_stride_);
  }
  int64_t bias_bytes() const { return AccumulatorBytes(columns()) + kSlack; }
  int64_t panel_bytes() const { return int64_t{dwords()} * kPanel * 4; }
  int64_t weights_bytes() const {
    return RoundUp(columns(), kPanel) / kPanel * panel_bytes() + kSlack;
  }
  int32_t* Bias(const RunContext& context) const {
    return reinterpret_cast<int32_t*>(context.scratch + acc_bytes());
  }
  std::byte* Weights(const RunContext& context) const {
    return context.scratch + acc_bytes() + bias_bytes();
  }
  std::byte* Buffer(const RunContext& context) const {
    return Weights(context) + weights_bytes();
  }

  void Pack(const RunContext& context, int32_t t) const {
    const std::byte* const rows =
        b_.Row(context, t, Buffer(context) + a_.buffer_bytes());
    std::byte* to = Weights(context);
    for (int32_t n = 0; n < columns(); n += kPanel, to += panel_bytes()) {
      context.kernels->general->pack_dwords(
          rows + int64_t{n} * b_.place_bytes(), b_.place_bytes(),
          std::min(kPanel, columns() - n), dwords(), bytes_ ? 0x80808080u : 0u,
          last_mask_, to);
    }
    if (bytes_) FoldZero(context);
  }

  // sum (x - zero) * w = sum x * w - sum zero * w: the last sum is the product
  // with a row of zeros as stored.
  void FoldZero(const RunContext& context) const {
    const int32_t first = 0;
    int32_t* const bias = Bias(context);
    GemmArgs args = Product(context);
    args.x = reinterpret_cast<const std::byte*>(zero_row_.data());
    args.position = &first;
    args.positions = 1;
    args.bias = no_bias_.data();
    args.acc = bias;
    context.kernels->gemm_u8(args);
    for (int32_t n = 0; n < columns(); ++n) {
      bias[n] = static_cast<int32_t>(0u - static_cast<uint32_t>(bias[n]));
    }
  }

  GemmArgs Product(const RunContext& context) const {
    GemmArgs args = {};
    args.step = steps_.data();
    args.steps = dwords();
    args.weights = Weights(context);
    args.columns = columns();
    args.acc_stride = acc_stride_;
    return args;
  }

  void RunRow(const RunContext& context, int32_t t) const {
    const TensorLayout& out = context.layout(output_);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    GemmArgs args = Product(context);
    args.x = a_.Row(context, t, Buffer(context));
    args.bias = bytes_ ? Bias(context) : no_bias_.data();
    args.acc = acc;
    for (int32_t m = 0; m < a_.places(); m += tile_) {
      args.position = positions_.data() + m;
      args.positions = std::min(tile_, a_.places() - m);
      (bytes_ ? context.kernels->gemm_u8 : context.kernels->gemm_s16)(args);
      finish_.Run(*context.kernels, acc, args.positions * acc_stride_,
                  context.data(output_) + out.At(t, m));
    }
  }

  int32_t output_;
  bool bytes_;  // unsigned bytes times signed ones
  ProductOperand a_, b_;
  UniformFinish finish_;
  std::vector<int32_t> positions_;
  std::vector<int32_t> steps_;
  uint32_t last_mask_ = 0;
  int32_t acc_stride_ = 0;
  int32_t tile_ = 1;  // places at once
  std::vector<int32_t> no_bias_;
  std::vector<uint8_t> zero_row_;
};

}  // namespace

std::unique_ptr<Step> MakeMatMulStep(const StepBuild& build,
                                     const MatMulOp& op) {
  return std::make_unique<MatMulStep>(build, op);
}

}  // namespace edge_int8::core
