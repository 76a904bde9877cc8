// WindowPoolOp: the largest or the average value of a window of places, all
// channels at once.
#include <algorithm>

#include "core/engine/accumulator_range.h"
#include "core/engine/step.h"
#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

int64_t LargestWindow(const WindowPoolOp& op) {
  const auto longest = [](const std::vector<PlaceRange>& ranges) {
    int64_t most = 0;
    for (const PlaceRange& r : ranges) {
      most = std::max<int64_t>(most, r.end - r.begin);
    }
    return most;
  };
  return longest(op.rows) * longest(op.cols);
}

// What both kinds share: where a window lies.
class WindowStep : public Step {
 public:
  explicit WindowStep(const WindowPoolOp& op) : op_(op) {}
  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }

 protected:
  const WindowPoolOp& op() const { return op_; }
  // Calls visit(run) for each row of output place (i, j)'s window.
  template <class Visit>
  void ForEachRow(const RunContext& context, int32_t i, int32_t j,
                  const Visit& visit) const {
    const TensorLayout& in = context.layout(op_.input);
    const PlaceRange& rows = op_.rows[static_cast<std::size_t>(i)];
    const PlaceRange& cols = op_.cols[static_cast<std::size_t>(j)];
    for (int32_t h = rows.begin; h < rows.end; ++h) {
      visit(PlaceRun{context.data(op_.input) + in.At(h, cols.begin),
                     in.place_bytes(), cols.end - cols.begin, in.channels});
    }
  }

 private:
  WindowPoolOp op_;
};

class MaxPoolStep : public WindowStep {
 public:
  using WindowStep::WindowStep;

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(op().output);
    for (int32_t i = 0; i < out.height; ++i) {
      for (int32_t j = 0; j < out.width; ++j) RunPlace(context, i, j);
    }
    FillMargins(out, context.data(op().output));
  }

 private:
  void RunPlace(const RunContext& context, int32_t i, int32_t j) const {
    const TensorLayout& out = context.layout(op().output);
    const GeneralKernels& kernels = *context.kernels->general;
    std::byte* const to = context.data(op().output) + out.At(i, j);
    if (out.type == Type::kS16) {
      auto* const largest = reinterpret_cast<int16_t*>(to);
      std::fill_n(largest, out.channels, int16_t{-32768});
      ForEachRow(context, i, j, [&](const PlaceRun& run) {
        kernels.max_places_s16(run, largest);
      });
    } else {
      auto* const largest = reinterpret_cast<uint8_t*>(to);
      std::fill_n(largest, out.channels, uint8_t{0});
      ForEachRow(context, i, j, [&](const PlaceRun& run) {
        kernels.max_places_u8(run, largest);
      });
    }
  }
};

// A row of the output is summed up, then requantized.
class AveragePoolStep : public WindowStep {
 public:
  AveragePoolStep(const StepBuild& build, const WindowPoolOp& op)
      : WindowStep(op),
        row_values_(build.layout(op.output).width *
                    build.layout(op.output).pitch),
        finish_(op.scale, op.activation, build.layout(op.output).type,
                LargestWindow(op) * LargestCentered(build.layout(op.input))) {}

  void Run(const RunContext& context) const override {
    const TensorLayout& out = context.layout(op().output);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    for (int32_t i = 0; i < out.height; ++i) {
      for (int32_t j = 0; j < out.width; ++j) {
        Sum(context, i, j, acc + j * out.pitch);
      }
      Store(context, i, acc);
    }
    FillMargins(out, context.data(op().output));
  }
  int64_t scratch_bytes() const override {
    return 2 * AccumulatorBytes(row_values_);
  }

 private:
  void Sum(const RunContext& context, int32_t i, int32_t j,
           int32_t* sum) const {
    const TensorLayout& in = context.layout(op().input);
    const GeneralKernels& kernels = *context.kernels->general;
    const PlaceRange& rows = op().rows[static_cast<std::size_t>(i)];
    const PlaceRange& cols = op().cols[static_cast<std::size_t>(j)];
    const int32_t places = (rows.end - rows.begin) * (cols.end - cols.begin);
    std::fill_n(sum, in.channels, -in.zero * places);
    ForEachRow(context, i, j, [&](const PlaceRun& run) {
      if (in.type == Type::kS16) {
        kernels.sum_places_s16(run, sum);
      } else {
        kernels.sum_places_u8(run, sum);
      }
    });
  }

  void Store(const RunContext& context, int32_t i, int32_t* acc) const {
    const TensorLayout& out = context.layout(op().output);
    std::byte* const row = context.data(op().output) + out.At(i, 0);
    if (op().scale.size() == 1) {
      finish_.Run(*context.kernels, acc, row_values_, row);
      return;
    }
    // Whole panels are written: each place's accumulators need their own room.
    int32_t* const place = acc + AccumulatorBytes(row_values_) / 4;
    for (int32_t j = 0; j < out.width; ++j) {
      std::copy_n(acc + j * out.pitch, out.channels, place);
      finish_.Run(*context.kernels, place, out.channels,
                  row + j * out.place_bytes(),
                  static_cast<std::size_t>(i) * op().cols.size() +
                      static_cast<std::size_t>(j));
    }
  }

  int32_t row_values_;
  UniformFinish finish_;
};

}  // namespace

std::unique_ptr<Step> MakeWindowPoolStep(const StepBuild& build,
                                         const WindowPoolOp& op) {
  if (op.kind == PoolKind::kMax) return std::make_unique<MaxPoolStep>(op);
  return std::make_unique<AveragePoolStep>(build, op);
}

}  // namespace edge_int8::core
