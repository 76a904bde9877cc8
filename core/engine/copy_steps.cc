// Steps that move values: the input, transposes, pooling, the output.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/arith/fixed_point.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

// [C][H][W] bytes to tensor 0's layout.
class InputStep : public Step {
 public:
  void Run(const RunContext& context) const override {
    const TensorLayout& x = context.layout(0);
    auto* base = reinterpret_cast<uint8_t*>(context.data(0));
    if (x.height == 1) {
      context.kernels->transpose_u8(context.input, x.channels, x.width,
                                    base + x.At(0, 0), x.place_bytes());
    } else {
      const int64_t image = int64_t{x.height} * x.width;
      for (int32_t h = 0; h < x.height; ++h) {
        context.kernels->general->turn_u8(context.input + int64_t{h} * x.width,
                                          image, x.width, x.channels,
                                          base + x.At(h, 0), x.place_bytes());
      }
    }
    FillMargins(x, context.data(0));
  }
  std::vector<int32_t> reads() const override { return {}; }
  int32_t writes() const override { return 0; }
};

// The output tensor's layout to stored values in [C][H][W] order.
class OutputStep : public Step {
 public:
  explicit OutputStep(int32_t tensor) : tensor_(tensor) {}
  void Run(const RunContext& context) const override {
    switch (context.layout(tensor_).type) {
      case Type::kU8:
        return Copy<uint8_t>(context, 0);
      case Type::kS8:
        return Copy<uint8_t>(context, 128);
      case Type::kS16:
        return Copy<int16_t>(context, 0);
      case Type::kS32:
        return Copy<int32_t>(context, 0);
    }
  }
  std::vector<int32_t> reads() const override { return {tensor_}; }
  int32_t writes() const override { return -1; }

 private:
  // Place by place: the inner loop reads what lies together.
  template <class T>
  void Copy(const RunContext& context, int32_t stored) const {
    const TensorLayout& y = context.layout(tensor_);
    const int64_t image = int64_t{y.height} * y.width;
    for (int32_t h = 0; h < y.height; ++h) {
      for (int32_t w = 0; w < y.width; ++w) {
        const auto* place =
            reinterpret_cast<const T*>(context.data(tensor_) + y.At(h, w));
        int32_t* const out = context.output + int64_t{h} * y.width + w;
        for (int32_t c = 0; c < y.channels; ++c) {
          out[c * image] = static_cast<int32_t>(place[c]) - stored;
        }
      }
    }
  }

  int32_t tensor_;
};

class TransposeStep : public Step {
 public:
  explicit TransposeStep(const TransposeOp& op) : op_(op) {}

  void Run(const RunContext& context) const override {
    const TensorLayout& in = context.layout(op_.input);
    const TensorLayout& out = context.layout(op_.output);
    const std::byte* from = context.data(op_.input) + in.At(0, 0);
    std::byte* to = context.data(op_.output) + out.At(0, 0);
    const int64_t value = TypeBytes(in.type);
    const std::array<int64_t, 3> step = {value, in.row_bytes(),
                                         in.place_bytes()};
    const auto in_step = [&](std::size_t axis) {
      return step[static_cast<std::size_t>(op_.order[axis])];
    };
    for (int32_t h = 0; h < out.height; ++h) {
      const std::byte* from_row = from + h * in_step(1);
      std::byte* to_row = to + h * out.row_bytes();
      if (op_.order[0] == 0) {
        CopyPieces(from_row, in_step(2), to_row, out.place_bytes(), out.width,
                   out.channels * value);
      } else if (in_step(2) == value && out.channels == 1 && out.pitch == 1) {
        CopyPieces(from_row, 0, to_row, 0, 1, out.width * value);
      } else {
        for (int32_t w = 0; w < out.width; ++w) {
          CopyPieces(from_row + w * in_step(2), in_step(0),
                     to_row + w * out.place_bytes(), value, out.channels,
                     value);
        }
      }
    }
    FillMargins(out, context.data(op_.output));
  }
  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }

 private:
  static void CopyPieces(const std::byte* from, int64_t from_step,
                         std::byte* to, int64_t to_step, int32_t count,
                         int64_t bytes) {
    // The networks' rows of channels, which needn't call memcpy.
    if (bytes == 32) return CopyAll<32>(from, from_step, to, to_step, count);
    if (bytes == 16) return CopyAll<16>(from, from_step, to, to_step, count);
    for (int32_t i = 0; i < count; ++i) {
      std::memcpy(to + i * to_step, from + i * from_step,
                  static_cast<std::size_t>(bytes));
    }
  }
  template <std::size_t kBytes>
  static void CopyAll(const std::byte* from, int64_t from_step, std::byte* to,
                      int64_t to_step, int32_t count) {
    for (int32_t i = 0; i < count; ++i) {
      std::memcpy(to + i * to_step, from + i * from_step, kBytes);
    }
  }

  TransposeOp op_;
};

class PoolStep : public Step {
 public:
  explicit PoolStep(const PoolOp& op) : op_(op) {}

  void Run(const RunContext& context) const override {
    const TensorLayout& in = context.layout(op_.input);
    const TensorLayout& out = context.layout(op_.output);
    for (int32_t bin = 0; bin < op_.bins; ++bin) {
      const int32_t begin = bin * in.height / op_.bins;
      const int32_t end = ((bin + 1) * in.height + op_.bins - 1) / op_.bins;
      auto* y =
          reinterpret_cast<int32_t*>(context.data(op_.output) + out.At(bin, 0));
      for (int32_t c = 0; c < in.channels; ++c) {
        int32_t sum = 0;
        for (int32_t h = begin; h < end; ++h) sum += RowSum(context, c, h);
        y[c] = op_.bin_scale.empty()
                   ? sum
                   : static_cast<int32_t>(Requantize(
                         sum, op_.bin_scale[static_cast<std::size_t>(bin)]));
      }
    }
    FillMargins(out, context.data(op_.output));
  }
  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }

 private:
  int32_t RowSum(const RunContext& context, int32_t c, int32_t h) const {
    const TensorLayout& in = context.layout(op_.input);
    const std::byte* row = context.data(op_.input) + in.At(h, 0);
    int32_t sum = 0;
    if (in.type == Type::kS16) {
      const auto* x = reinterpret_cast<const int16_t*>(row) + c;
      for (int32_t w = 0; w < in.width; ++w) sum += x[w * in.pitch];
    } else {
      const int32_t stored = in.type == Type::kS8 ? 128 : 0;
      for (int32_t w = 0; w < in.width; ++w) {
        sum += static_cast<int32_t>(row[w * in.pitch + c]) - stored;
      }
    }
    return sum;
  }

  PoolOp op_;
};

}  // namespace

std::unique_ptr<Step> MakeInputStep() { return std::make_unique<InputStep>(); }

std::unique_ptr<Step> MakeOutputStep(const IntegerGraph& graph) {
  return std::make_unique<OutputStep>(graph.output);
}

std::unique_ptr<Step> MakePoolStep(const PoolOp& op) {
  return std::make_unique<PoolStep>(op);
}

std::unique_ptr<Step> MakeTransposeStep(const TransposeOp& op) {
  return std::make_unique<TransposeStep>(op);
}

}  // namespace edge_int8::core
