#include "core/engine/conv_plan.h"

#include <algorithm>
#include <bit>

#include "core/engine/conv_weights.h"

namespace edge_int8::core {
namespace {

// A tile's accumulators should stay in the first-level cache next to the
// weights that stream through it. An input of 16 bits needs more of both the
// cache and the arena.
constexpr int32_t kTileBytes = 24 * 1024;
constexpr int32_t kWideTileBytes = 16 * 1024;
// Register blocks are 10 positions tall (avx512_block.h); a TCN row is 20.
constexpr int32_t kPositionBlock = 10;
constexpr int32_t kMaxTilePositions = 60;
constexpr int32_t kMaxSmallZero = 64;
constexpr int32_t kMinSharedColumns = 64;
constexpr int32_t kMinSharedValues = 64;

class ConvPlanner {
 public:
  ConvPlanner(const ConvOp& op, const TensorLayout& in, const TensorLayout& out,
              const KernelTable& kernels)
      : op_(op), in_(in), out_(out), kernels_(kernels) {
    plan_.widens = kernels.widen_u8 != nullptr && TypeBytes(in.type) == 1 &&
                   !SharesSteps();
    tile_bytes_ = in.type == Type::kS16 ? kWideTileBytes : kTileBytes;
    if (plan_.widens) in_.type = Type::kS16;
    plan_.words_in = in_.type == Type::kS16;
  }

  ConvPlan Run() {
    plan_.fold = Fold();
    columns_ = plan_.fold * out_.pitch;
    plan_.acc_stride = static_cast<int32_t>(RoundUp(columns_, kPanel));
    PlanTiles();
    PlanBlocks();
    if (plan_.widens) PlanWidening();
    return std::move(plan_);
  }

 private:
  int32_t Fold() const {
    const auto wide = static_cast<uint32_t>(out_.width);
    const int32_t most = std::max(1, kPanel / out_.pitch);
    return std::min(most, static_cast<int32_t>(std::bit_floor(wide)));
  }

  void AddPosition(int32_t h, int32_t w, bool extends_run, int32_t limit) {
    const ConvGeometry& g = op_.geometry;
    if (plan_.tiles.empty() || plan_.tiles.back().positions == limit) {
      plan_.tiles.push_back({static_cast<int32_t>(plan_.positions.size()), 0,
                             static_cast<int32_t>(plan_.runs.size()), 0});
      extends_run = false;
    }
    ConvTile& tile = plan_.tiles.back();
    if (extends_run) {
      plan_.runs.back().count += columns_;
    } else {
      plan_.runs.push_back({tile.positions * plan_.acc_stride, columns_, h, w});
      ++tile.runs;
    }
    ++tile.positions;
    plan_.max_positions = std::max(plan_.max_positions, tile.positions);
    plan_.out_positions.push_back(static_cast<int32_t>(out_.At(h, w)));
    plan_.positions.push_back(static_cast<int32_t>(
        in_.At(h * g.stride_h - g.pad_top, w * g.stride_w - g.pad_left)));
  }

  void PlanTiles() {
    // Of a position's neighbour in its row: what lies between rows is not
    // counted.
    const int64_t widened =
        plan_.widens
            ? int64_t{plan_.fold} * op_.geometry.stride_w * in_.place_bytes()
            : 0;
    const int64_t fit = tile_bytes_ / (int64_t{plan_.acc_stride} * 4 + widened);
    const auto limit = static_cast<int32_t>(
        std::clamp<int64_t>(fit / kPositionBlock * kPositionBlock,
                            kPositionBlock, kMaxTilePositions));
    const bool packed = columns_ == plan_.acc_stride;
    for (int32_t h = 0; h < out_.height; ++h) {
      for (int32_t w = 0; w < out_.width; w += plan_.fold) {
        const int32_t start = std::min(w, out_.width - plan_.fold);
        AddPosition(h, start, packed && w > 0 && start == w, limit);
      }
    }
  }

  int32_t out_channels() const { return static_cast<int32_t>(op_.bias.size()); }
  int32_t in_per_group() const { return in_.channels / op_.geometry.groups; }
  int32_t out_per_group() const { return out_channels() / op_.geometry.groups; }

  // Work of a position per group, in steps times panels, if `merged` groups
  // make one block.
  double Cost(int32_t merged) const {
    const int32_t value_bytes = TypeBytes(in_.type);
    const int64_t panels = RoundUp(merged * out_per_group(), kPanel) / kPanel;
    const int64_t steps =
        RoundUp(merged * in_per_group() * value_bytes, kStepBytes) / kStepBytes;
    return static_cast<double>(panels * steps) / merged;
  }

  int32_t GroupsPerBlock() const {
    const int32_t groups = op_.geometry.groups;
    if (columns_ < kPanel || plan_.fold > 1) return groups;
    int32_t best = 1;
    for (int32_t m = 2; m <= groups && m * out_per_group() <= 4 * kPanel; ++m) {
      if (Cost(m) <= Cost(best)) best = m;
    }
    return best;
  }

  void PlanBlocks() {
    const int32_t groups = op_.geometry.groups;
    const int32_t merged = GroupsPerBlock();
    std::vector<BlockWeights> weights;
    std::size_t bytes = 0;
    for (int32_t g = 0; g < groups; g += merged) {
      const int32_t end = std::min(groups, g + merged);
      const bool all = end - g == groups;
      ConvBlock block;
      block.first_column = g * out_per_group();
      block.columns = all ? columns_ : (end - g) * out_per_group();
      block.weights = bytes;
      weights.push_back(
          Collect(block, g * out_per_group(), end * out_per_group()));
      block.steps = weights.back().Steps();
      block.shares_steps = weights.back().shares_steps();
      if (block.shares_steps) block.sharing = weights.back().Share();
      block.bias = FoldedBias(block, weights.back());
      bytes += weights.back().PackedBytes();
      plan_.blocks.push_back(std::move(block));
    }
    plan_.weights = AlignedBuffer(bytes + kSlack);
    for (std::size_t b = 0; b < weights.size(); ++b) {
      weights[b].Pack(plan_.blocks[b].sharing,
                      plan_.weights.data() + plan_.blocks[b].weights);
    }
  }

  // From the first value that a tile's products read to the last.
  void PlanWidening() {
    int32_t first_step = 0, end_step = 0;
    for (const ConvBlock& block : plan_.blocks) {
      if (block.steps.empty()) continue;
      const int32_t end = block.steps.back() + kStepBytes;
      first_step =
          end_step == 0 ? block.steps[0] : std::min(first_step, block.steps[0]);
      end_step = std::max(end_step, end);
    }
    for (ConvTile& tile : plan_.tiles) {
      const auto first = plan_.positions.begin() + tile.first_position;
      const auto [least, most] =
          std::minmax_element(first, first + tile.positions);
      tile.first_value = (*least + first_step) / 2;
      tile.values = (*most + end_step) / 2 - tile.first_value;
    }
  }

  // Sharing steps pays where few values are 128 or more, and where many columns
  // share the search for those (avx2_shared_gemm.cc). An activation's values
  // lie around a low zero point above 0; an input's, from 0 on, may be
  // anything.
  bool SharesSteps() const {
    const ConvGeometry& g = op_.geometry;
    const bool small = in_.zero > 0 && in_.zero <= kMaxSmallZero;
    const bool large =
        out_per_group() >= kMinSharedColumns &&
        in_per_group() * g.kernel_h * g.kernel_w >= kMinSharedValues;
    return kernels_.weight_form == WeightForm::kShared && small && large;
  }

  // Weights of the output channels [first, end) for every folded place.
  BlockWeights Collect(const ConvBlock& block, int32_t first,
                       int32_t end) const {
    BlockWeights weights(block.columns, TypeBytes(in_.type),
                         kernels_.weight_form);
    for (int32_t place = 0; place < plan_.fold; ++place) {
      for (int32_t o = first; o < end; ++o) {
        const int32_t column = place * out_.pitch + o - block.first_column;
        CollectChannel(place, o, column, &weights);
      }
    }
    return weights;
  }

  void CollectChannel(int32_t place, int32_t o, int32_t column,
                      BlockWeights* weights) const {
    const ConvGeometry& g = op_.geometry;
    const int32_t first_in = o / out_per_group() * in_per_group();
    const int8_t* w = op_.weights.data() + static_cast<std::ptrdiff_t>(o) *
                                               in_per_group() * g.kernel_h *
                                               g.kernel_w;
    for (int32_t i = first_in; i < first_in + in_per_group(); ++i) {
      for (int32_t kh = 0; kh < g.kernel_h; ++kh) {
        for (int32_t kw = 0; kw < g.kernel_w; ++kw) {
          const int32_t across = place * g.stride_w + kw * g.dilation_w;
          const int64_t offset = kh * g.dilation_h * in_.row_bytes() +
                                 int64_t{across} * in_.place_bytes() +
                                 i * TypeBytes(in_.type);
          weights->Set(static_cast<int32_t>(offset), column, *w++);
        }
      }
    }
  }

  // acc = bias + sum w * (x - zero) = (bias - zero * sum w) + sum w * x, modulo
  // 2^32 because the parts may leave int32 where their sum does not.
  std::vector<int32_t> FoldedBias(const ConvBlock& block,
                                  const BlockWeights& weights) const {
    const bool bytes = TypeBytes(in_.type) == 1;
    const int32_t zero = in_.zero - (bytes && kernels_.flips_bytes ? 128 : 0);
    std::vector<int32_t> bias(
        static_cast<std::size_t>(RoundUp(block.columns, kPanel)));
    for (int32_t c = 0; c < block.columns; ++c) {
      const int32_t channel = (block.first_column + c) % out_.pitch;
      if (channel >= out_channels()) continue;
      const int64_t folded = op_.bias[static_cast<std::size_t>(channel)] -
                             zero * weights.SumOfColumn(c);
      bias[static_cast<std::size_t>(c)] =
          static_cast<int32_t>(static_cast<uint32_t>(folded));
    }
    return bias;
  }

  const ConvOp& op_;
  TensorLayout in_;  // as the products see it
  const TensorLayout& out_;
  const KernelTable& kernels_;
  int32_t tile_bytes_ = 0;
  int32_t columns_ = 0;
  ConvPlan plan_;
};

}  // namespace

int64_t WidenedBytes(const ConvPlan& plan) {
  if (!plan.widens) return 0;
  int64_t values = 0;
  for (const ConvTile& tile : plan.tiles) {
    values = std::max<int64_t>(values, tile.values);
  }
  return RoundUp(2 * values + kSlack, static_cast<int64_t>(kCacheLine));
}

void Multiply(const ConvPlan& plan, const ConvTile& tile,
              const KernelTable& kernels, const std::byte* input,
              std::byte* widened, int32_t* acc) {
  if (plan.widens) {
    kernels.widen_u8(reinterpret_cast<const uint8_t*>(input) + tile.first_value,
                     tile.values, reinterpret_cast<int16_t*>(widened));
    input = widened - 2 * int64_t{tile.first_value};
  }
  for (const ConvBlock& block : plan.blocks) {
    StepOrder order;
    GemmArgs args = BlockArgs(plan, tile, block, &order);
    args.x = input;
    args.acc = acc + block.first_column;
    (plan.words_in ? kernels.gemm_s16 : kernels.gemm_u8)(args);
  }
}

GemmArgs BlockArgs(const ConvPlan& plan, const ConvTile& tile,
                   const ConvBlock& block, StepOrder* order) {
  GemmArgs args = {};
  args.position = plan.positions.data() + tile.first_position;
  args.positions = tile.positions;
  args.step = block.steps.data();
  args.steps = static_cast<int32_t>(block.steps.size());
  args.weights = plan.weights.data() + block.weights;
  args.bias = block.bias.data();
  args.columns = block.columns;
  args.acc_stride = plan.acc_stride;
  if (block.shares_steps) {
    *order = block.sharing.order();
    args.order = order;
  }
  return args;
}

ConvPlan PlanConv(const ConvOp& op, const TensorLayout& in,
                  const TensorLayout& out, const KernelTable& kernels) {
  return ConvPlanner(op, in, out, kernels).Run();
}

}  // namespace edge_int8::core
