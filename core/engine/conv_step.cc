#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "core/engine/accumulator_range.h"
#include "core/engine/channel_scales.h"
#include "core/engine/conv_plan.h"
#include "core/engine/finish.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

// The other term of a fused sum, and what happens to the sum.
struct FusedSum {
  int32_t term = 0;
  int32_t bits = 0;
  Finish finish;
};

// How every block of columns ends where one primitive does it all.
struct FusedEnd {
  GemmEnd end = GemmEnd::kBytes;
  const uint8_t* table = nullptr;
  std::vector<int32_t> out_positions;   // byte offsets
  std::vector<int32_t> term_positions;  // of a sum's other term
  int32_t sum_add = 0;
};

// Columns are place-major and every place has the same channels.
std::vector<Multiplier> ColumnScales(const ConvOp& op, int32_t pitch,
                                     int32_t fold) {
  std::vector<Multiplier> scales(static_cast<std::size_t>(pitch * fold));
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const std::size_t channel = c % static_cast<std::size_t>(pitch);
    if (channel < op.scale.size()) scales[c] = op.scale[channel];
  }
  return scales;
}

class ConvStep : public Step {
 public:
  ConvStep(const StepBuild& build, const ConvOp& op, const AddOp* sum)
      : input_(op.input),
        output_(op.output),
        plan_(PlanConv(op, build.layout(op.input), build.layout(op.output),
                       build.kernels)),
        finish_(op.activation, build.layout(op.output).type) {
    if (sum != nullptr) Fuse(build, *sum);
    PlanFusedEnd(build, op);
    const int32_t zero = fused_ ? finish_.zero() : 0;
    scales_ = ChannelScales(
        ColumnScales(op, build.layout(op.output).pitch, plan_.fold),
        static_cast<std::size_t>(plan_.acc_stride), zero,
        ChannelScales::HowInFloat(
            op.scale, LargestAccumulators(op, build.layout(op.input)), zero));
  }

  void Run(const RunContext& context) const override {
    if (fused_) {
      RunFused(context);
    } else {
      for (const ConvTile& tile : plan_.tiles) RunTile(context, tile);
    }
    FillMargins(context.layout(output_), context.data(output_));
  }

  std::vector<int32_t> reads() const override {
    if (!sum_) return {input_};
    return {input_, sum_->term};
  }
  int32_t writes() const override { return output_; }
  int64_t scratch_bytes() const override {
    if (fused_) return 0;
    return acc_bytes() + WidenedBytes(plan_);
  }
  int64_t weight_bytes() const override {
    return static_cast<int64_t>(plan_.weights.size());
  }

 private:
  void Fuse(const StepBuild& build, const AddOp& sum) {
    const int32_t conv_output = output_;
    output_ = sum.output;
    sum_ = FusedSum{sum.terms[0].tensor == conv_output ? sum.terms[1].tensor
                                                       : sum.terms[0].tensor,
                    sum.fraction_bits,
                    Finish(sum.activation, build.layout(sum.output).type)};
  }

  int64_t acc_bytes() const {
    return int64_t{plan_.max_positions} * plan_.acc_stride * 4;
  }

  // The zero of a sum is added before its last shift, as those of channels are.
  static constexpr int64_t kMaxSumZero = int64_t{1} << 29;

  void PlanFusedEnd(const StepBuild& build, const ConvOp& op) {
    if (build.kernels.gemm_fused == nullptr || plan_.widens ||
        !ChannelScales::Adds(op.scale, finish_.zero())) {
      return;
    }
    FusedEnd fused;
    fused.out_positions = plan_.out_positions;
    if (sum_) {
      const int64_t zero = int64_t{sum_->finish.zero()} * (1 << sum_->bits);
      fused.end = GemmEnd::kSum;
      fused.table = sum_->finish.byte_table();
      if (!finish_.plain() || fused.table == nullptr ||
          std::abs(zero) >= kMaxSumZero) {
        return;
      }
      fused.sum_add = static_cast<int32_t>(zero) + (1 << (sum_->bits - 1));
      const TensorLayout& planned = build.layout(op.output);
      fused.out_positions = PositionsIn(planned, build.layout(output_));
      fused.term_positions = PositionsIn(planned, build.layout(sum_->term));
    } else if (finish_.plain()) {
      fused.end = finish_.bytes() ? GemmEnd::kBytes : GemmEnd::kWords;
    } else if (finish_.byte_table() != nullptr) {
      fused.end = GemmEnd::kByteTable;
      fused.table = finish_.byte_table();
    } else if (finish_.word_planes() != nullptr) {
      fused.end = GemmEnd::kWordTable;
      fused.table = finish_.word_planes();
    } else {
      return;
    }
    fused_ = std::move(fused);
  }

  // The places of plan_.out_positions, which are in `planned`, in another
  // layout.
  std::vector<int32_t> PositionsIn(const TensorLayout& planned,
                                   const TensorLayout& other) const {
    std::vector<int32_t> positions;
    for (const int32_t at : plan_.out_positions) {
      const auto h = static_cast<int>(at / planned.row_bytes());
      const auto w =
          static_cast<int>(at % planned.row_bytes()) / planned.place_bytes();
      positions.push_back(
          static_cast<int32_t>(other.At(h - planned.top, w - planned.left)));
    }
    return positions;
  }

  // All positions at once: no accumulators to keep in the cache.
  void RunFused(const RunContext& context) const {
    const ConvTile all = {0, static_cast<int32_t>(plan_.positions.size()), 0,
                          0};
    const int64_t value_bytes = TypeBytes(context.layout(output_).type);
    std::byte* const out = context.data(output_);
    GemmFusedArgs args = {};
    args.words_in = plan_.words_in;
    args.end = fused_->end;
    args.low = finish_.low();
    args.high = finish_.high();
    args.table = fused_->table;
    args.term_position = fused_->term_positions.data();
    args.sum_add = fused_->sum_add;
    args.sum_bits = sum_ ? sum_->bits : 0;
    args.out_position = fused_->out_positions.data();
    for (const ConvBlock& block : plan_.blocks) {
      StepOrder order;
      args.gemm = BlockArgs(plan_, all, block, &order);
      args.gemm.x = context.data(input_);
      args.row = scales_.row(block.first_column);
      if (sum_) {
        args.term = context.data(sum_->term) + int64_t{block.first_column} * 2;
      }
      args.out = out + block.first_column * value_bytes;
      context.kernels->gemm_fused(args);
    }
  }

  void RunTile(const RunContext& context, const ConvTile& tile) const {
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    Multiply(plan_, tile, *context.kernels, context.data(input_),
             context.scratch + acc_bytes(), acc);
    auto* const pre = reinterpret_cast<int16_t*>(acc);
    context.kernels->requantize(
        {acc, tile.positions * plan_.acc_stride, plan_.acc_stride,
         scales_.row(), finish_.zero(), finish_.low(), finish_.high(), pre});
    const TensorLayout& out = context.layout(output_);
    std::byte* const base = context.data(output_);
    for (int32_t r = tile.first_run; r < tile.first_run + tile.runs; ++r) {
      const ConvRun& run = plan_.runs[static_cast<std::size_t>(r)];
      std::byte* const to = base + out.At(run.height, run.width);
      if (sum_) {
        AddTerm(context, run, pre + run.acc);
        sum_->finish.Run(*context.kernels, pre + run.acc, run.count, to);
      } else {
        finish_.Run(*context.kernels, pre + run.acc, run.count, to);
      }
    }
  }

  void AddTerm(const RunContext& context, const ConvRun& run,
               int16_t* values) const {
    const TensorLayout& term = context.layout(sum_->term);
    const auto* other = reinterpret_cast<const int16_t*>(
        context.data(sum_->term) + term.At(run.height, run.width));
    context.kernels->sum_s16({values, other, run.count, sum_->bits,
                              sum_->finish.zero(), sum_->finish.low(),
                              sum_->finish.high(), values});
  }

  int32_t input_;
  int32_t output_;
  ConvPlan plan_;
  ChannelScales scales_;
  Finish finish_;
  std::optional<FusedSum> sum_;
  std::optional<FusedEnd> fused_;  // in one primitive, without a tile
};

}  // namespace

std::unique_ptr<Step> MakeConvStep(const StepBuild& build, const ConvOp& op,
                                   const AddOp* sum) {
  return std::make_unique<ConvStep>(build, op, sum);
}

}  // namespace edge_int8::core
