#include <algorithm>

#include "core/engine/accumulator_range.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/channel_scales.h"
#include "core/engine/finish.h"
#include "core/engine/step.h"

namespace edge_int8::core {
namespace {

// Lines handled at once: enough queries to fill the vectors of the softmax,
// few enough that logits and probabilities stay in the first-level cache.
constexpr int32_t kQueries = 64;

class AttentionStep : public Step {
 public:
  AttentionStep(const StepBuild& build, const AttentionOp& op)
      : op_(op),
        channels_(build.layout(op.input).channels / 3),
        finish_(op.activation, build.layout(op.output).type),
        words_(build.layout(op.output).type == Type::kS16) {
    const TensorLayout& in = build.layout(op.input);
    length_ = along_width() ? in.width : in.height;
    lines_ = along_width() ? in.height : in.width;
    // No logit lies further below another.
    const std::vector<int64_t> distances(op.logit.size(),
                                         int64_t{per_head()} << 15);
    logit_ = ChannelScales(op.logit, op.logit.size(), 0,
                           ChannelScales::HowInFloat(op.logit, distances));
    PlanOutput(build);
    lines_at_once_ = std::clamp(kQueries / length_, 1, lines_);
    kernel_scratch_bytes_ = build.kernels.attention_scratch(
        length_, lines_at_once_, per_head(), heads_at_once_);
    // kernels: bias beyond the channels is read, never used.
    bias_ = op.bias;
    bias_.resize(bias_.size() + kPanel);
    // Kernels gather two entries at a time.
    const ExpTables& tables = build.graph.exp_tables;
    exps_.assign(tables.coarse.begin(), tables.coarse.end());
    exps_.insert(exps_.end(), tables.fine.begin(), tables.fine.end());
    exps_.resize(exps_.size() + kSlack / sizeof(uint16_t));
  }

  void Run(const RunContext& context) const override {
    for (int32_t line = 0; line < lines_; line += lines_at_once_) {
      const int32_t lines = std::min(lines_at_once_, lines_ - line);
      for (int32_t head = 0; head < op_.heads; head += heads_at_once_) {
        RunLines(context, line, lines, head);
      }
    }
    FillMargins(context.layout(op_.output), context.data(op_.output));
  }

  std::vector<int32_t> reads() const override { return {op_.input}; }
  int32_t writes() const override { return op_.output; }
  int64_t scratch_bytes() const override {
    return acc_bytes() + kernel_scratch_bytes_;
  }

 private:
  bool along_width() const { return op_.axis == AttentionAxis::kWidth; }
  int32_t per_head() const { return channels_ / op_.heads; }

  void PlanOutput(const StepBuild& build) {
    const auto period = static_cast<std::size_t>(RoundUp(channels_, kPanel));
    const std::vector<int64_t> largest = LargestAccumulators(op_, length_);
    const auto scales = [&](int32_t zero) {
      return ChannelScales(op_.scale, period, zero,
                           ChannelScales::HowInFloat(op_.scale, largest, zero));
    };
    if (build.kernels.attention_stores && finish_.plain() &&
        per_head() % 8 == 0 && ChannelScales::Adds(op_.scale, finish_.zero())) {
      scales_ = scales(finish_.zero());
      stores_ = scales_.row().limit == nullptr;
    }
    if (!stores_) scales_ = scales(0);
    heads_at_once_ = HeadsAtOnce();
  }
  // An output of 16 bits is twice as large, so that this step decides the
  // arena: its accumulators are then those of a few heads, where these fill
  // panels.
  int32_t HeadsAtOnce() const {
    const bool panels = kPanel % per_head() == 0 && channels_ % kPanel == 0;
    return words_ && panels && !stores_ ? kPanel / per_head() : op_.heads;
  }
  int32_t columns() const { return heads_at_once_ * per_head(); }
  // Rows are whole panels, so that requantize() needs no tails.
  int32_t acc_stride() const {
    return static_cast<int32_t>(RoundUp(columns(), kPanel));
  }
  int64_t acc_bytes() const {
    if (stores_) return 0;
    return RoundUp(
        int64_t{AttentionRows(length_, lines_at_once_)} * acc_stride() * 4,
        static_cast<int64_t>(kCacheLine));
  }
  static int64_t Place(const TensorLayout& t, bool along_width, int32_t line,
                       int32_t i) {
    return along_width ? t.At(line, i) : t.At(i, line);
  }

  void RunLines(const RunContext& context, int32_t first, int32_t lines,
                int32_t head) const {
    const TensorLayout& in = context.layout(op_.input);
    auto* const acc = reinterpret_cast<int32_t*>(context.scratch);
    AttentionArgs args;
    args.qkv = reinterpret_cast<const uint8_t*>(context.data(op_.input)) +
               Place(in, along_width(), first, 0);
    args.line_pitch = along_width() ? in.row_bytes() : in.place_bytes();
    args.place_pitch = along_width() ? in.place_bytes() : in.row_bytes();
    args.lines = lines;
    args.length = length_;
    args.channels = channels_;
    args.per_head = per_head();
    args.first_head = head;
    args.heads = heads_at_once_;
    args.logit = logit_.row();
    args.coarse = exps_.data();
    args.fine = exps_.data() + 256;
    args.bias = bias_.data();
    args.acc = acc;
    args.acc_stride = acc_stride();
    args.scratch = context.scratch + acc_bytes();
    if (stores_) {
      const AttentionOutput output = OutputOf(context, first);
      args.output = &output;
      context.kernels->attention(args);
      return;
    }
    context.kernels->attention(args);
    Store(context, first, lines, head * per_head(), acc);
  }

  AttentionOutput OutputOf(const RunContext& context, int32_t first) const {
    const TensorLayout& out = context.layout(op_.output);
    AttentionOutput output;
    output.row = scales_.row();
    output.low = finish_.low();
    output.high = finish_.high();
    output.words = words_;
    output.first =
        context.data(op_.output) + Place(out, along_width(), first, 0);
    output.line_pitch = along_width() ? out.row_bytes() : out.place_bytes();
    output.place_pitch = along_width() ? out.place_bytes() : out.row_bytes();
    return output;
  }

  void Store(const RunContext& context, int32_t first, int32_t lines,
             int32_t column, int32_t* acc) const {
    auto* const pre = reinterpret_cast<int16_t*>(acc);
    context.kernels->requantize(
        {acc, lines * length_ * acc_stride(), acc_stride(), scales_.row(column),
         finish_.zero(), finish_.low(), finish_.high(), pre});
    const TensorLayout& out = context.layout(op_.output);
    std::byte* const base =
        context.data(op_.output) + column * TypeBytes(out.type);
    const bool whole = along_width() && out.pitch == acc_stride();
    const int32_t places = whole ? length_ : 1;
    for (int32_t q = 0; q < lines * length_; q += places) {
      const int64_t to =
          Place(out, along_width(), first + q / length_, q % length_);
      finish_.Run(*context.kernels, pre + q * acc_stride(),
                  whole ? length_ * acc_stride() : columns(), base + to);
    }
  }

  AttentionOp op_;
  ChannelScales logit_;
  int32_t channels_;
  ChannelScales scales_;
  Finish finish_;
  bool words_;           // is stored in 16 bits
  bool stores_ = false;  // by the attention kernel itself, without accumulators
  int32_t heads_at_once_ = 1;
  int32_t length_ = 0;
  int32_t lines_ = 0;
  int32_t lines_at_once_ = 1;
  int64_t kernel_scratch_bytes_ = 0;
  std::vector<int32_t> bias_;
  std::vector<uint16_t> exps_;  // coarse, then fine
};

}  // namespace

std::unique_ptr<Step> MakeAttentionStep(const StepBuild& build,
                                        const AttentionOp& op) {
  return std::make_unique<AttentionStep>(build, op);
}

}  // namespace edge_int8::core
