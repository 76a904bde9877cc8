// RecurrentOp: the products of all inputs are one convolution of 1 by 1, a step
// of its own; what is left is one product of the last state per place, and the
// gates.
#include <algorithm>
#include <cstring>
#include <limits>

#include "core/engine/accumulator_range.h"
#include "core/engine/channel_scales.h"
#include "core/engine/conv_plan.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kLeastWord = std::numeric_limits<int16_t>::min();
constexpr int32_t kMostWord = std::numeric_limits<int16_t>::max();

ConvOp ProductOf(const RecurrentOp& op, const std::vector<int8_t>& weights,
                 const std::vector<int32_t>& bias,
                 const std::vector<Multiplier>& scale) {
  ConvOp conv;
  conv.input = op.input;
  conv.weight_bits = op.weight_bits;
  conv.weights = weights;
  conv.bias = bias;
  conv.scale = scale;
  conv.activation.low = kLeastWord;
  conv.activation.high = kMostWord;
  return conv;
}

// An image of one place.
TensorLayout VectorLayout(int32_t channels) {
  TensorLayout layout;
  layout.channels = channels;
  layout.height = layout.width = 1;
  layout.type = Type::kS16;
  layout.pitch = ChannelPitch(channels);
  return layout;
}

class RecurrentStep : public Step {
 public:
  RecurrentStep(const StepBuild& build, const RecurrentOp& op, int32_t products)
      : products_(products),
        output_(op.output),
        kind_(op.kind),
        reverse_(op.reverse),
        hidden_(build.layout(op.output).channels),
        sigmoid_(op.sigmoid),
        tanh_(op.tanh) {
    const ConvOp product = ProductOf(op, op.recurrent_weights,
                                     op.recurrent_bias, op.recurrent_scale);
    const TensorLayout state = VectorLayout(hidden_);
    plan_ = PlanConv(product, state, VectorLayout(GateCount(op.kind) * hidden_),
                     build.kernels);
    scales_ = ChannelScales(
        op.recurrent_scale, static_cast<std::size_t>(plan_.acc_stride), 0,
        ChannelScales::HowInFloat(op.recurrent_scale,
                                  LargestAccumulators(product, state)));
    // Kernels gather two entries at a time.
    sigmoid_.resize(sigmoid_.size() + kSlack / sizeof(int16_t));
    tanh_.resize(tanh_.size() + kSlack / sizeof(int16_t));
  }

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(output_);
    auto* const h = reinterpret_cast<int16_t*>(context.scratch + acc_bytes());
    std::memset(context.scratch + acc_bytes(), 0,
                static_cast<std::size_t>(2 * state_bytes()));
    for (int32_t step = 0; step < out.width; ++step) {
      const int32_t w = reverse_ ? out.width - 1 - step : step;
      RunPlace(context, w, h);
      std::memcpy(context.data(output_) + out.At(0, w), h,
                  static_cast<std::size_t>(hidden_) * sizeof(int16_t));
    }
    FillMargins(out, context.data(output_));
  }

  std::vector<int32_t> reads() const override { return {products_}; }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    return acc_bytes() + 2 * state_bytes();
  }
  int64_t weight_bytes() const override {
    return static_cast<int64_t>(plan_.weights.size());
  }

 private:
  int64_t acc_bytes() const {
    return RoundUp(int64_t{plan_.acc_stride} * 4 + kSlack,
                   static_cast<int64_t>(kCacheLine));
  }
  int64_t state_bytes() const {
    return RoundUp(int64_t{hidden_} * 2 + kSlack,
                   static_cast<int64_t>(kCacheLine));
  }

  void RunPlace(const RunContext& context, int32_t w, int16_t* h) const {
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    auto* const recurrent = reinterpret_cast<int16_t*>(acc);
    for (const ConvTile& tile : plan_.tiles) {
      Multiply(plan_, tile, *context.kernels,
               reinterpret_cast<const std::byte*>(h), nullptr, acc);
    }
    context.kernels->requantize({acc, plan_.acc_stride, plan_.acc_stride,
                                 scales_.row(), 0, kLeastWord, kMostWord,
                                 recurrent});
    GateArgs args = {};
    args.input = reinterpret_cast<const int16_t*>(
        context.data(products_) + context.layout(products_).At(0, w));
    args.recurrent = recurrent;
    args.sigmoid = sigmoid_.data();
    args.tanh = tanh_.data();
    args.hidden = hidden_;
    args.h = h;
    args.c = h + state_bytes() / 2;
    const GeneralKernels& kernels = *context.kernels->general;
    switch (kind_) {
      case RecurrentKind::kGru:
        return kernels.gru(args);
      case RecurrentKind::kLstm:
        return kernels.lstm(args);
      case RecurrentKind::kRnn:
        return kernels.rnn(args);
    }
  }

  int32_t products_;
  int32_t output_;
  RecurrentKind kind_;
  bool reverse_;
  int32_t hidden_;
  std::vector<int16_t> sigmoid_, tanh_;
  ConvPlan plan_;
  ChannelScales scales_;
};

}  // namespace

TensorLayout ProductLayout(const RecurrentOp& op, const TensorLayout& out) {
  TensorLayout layout = VectorLayout(GateCount(op.kind) * out.channels);
  layout.width = out.width;
  return layout;
}

std::unique_ptr<Step> MakeRecurrentInputStep(const StepBuild& build,
                                             const RecurrentOp& op,
                                             int32_t products) {
  ConvOp conv = ProductOf(op, op.input_weights, op.input_bias, op.input_scale);
  conv.output = products;
  return MakeConvStep(build, conv, nullptr);
}

std::unique_ptr<Step> MakeRecurrentStep(const StepBuild& build,
                                        const RecurrentOp& op,
                                        int32_t products) {
  return std::make_unique<RecurrentStep>(build, op, products);
}

}  // namespace edge_int8::core
