#include "src/graph/float_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "src/graph/float_arena.h"
#include "src/graph/float_pack.h"

namespace edge_int8 {
namespace {

// The vector kernels may read this far past a row's last channel.
constexpr int kSlackFloats = 64;

class Planner {
 public:
  Planner(Model folded, const FloatKernels& kernels, FloatMemory memory)
      : kept_(memory == FloatMemory::kKept) {
    plan_.model = std::move(folded);
    plan_.kernels = &kernels;
  }

  FloatPlan Make() {
    const Graph& graph = plan_.model.graph;
    for (const Node& node : graph.nodes) {
      for (const TensorId id : node.inputs) ++readers_[id];
    }
    ++readers_[graph.output];
    FindAttention();
    views_.resize(graph.tensors.size());
    View(0) = Dense(kCallerInput, graph.extent(0));
    for (const Node& node : graph.nodes) {
      Lower(node);
      const FloatView& view = View(node.output);
      if (!std::holds_alternative<Transpose>(node.op) &&
          plan_.steps.back().out.buffer == view.buffer &&
          plan_.steps.back().out.extent == view.extent) {
        plan_.steps.back().written = node.output;
      }
    }
    Emit(View(graph.output), Dense(kCallerOutput, graph.extent(graph.output)),
         CopyWork{});
    PlaceBuffers();
    return std::move(plan_);
  }

 private:
  // What fuses into one step: a mix, by its node, and its two forerunners.
  void FindAttention() {
    std::map<TensorId, const Node*> producers;
    for (const Node& mix : plan_.model.graph.nodes) {
      producers[mix.output] = &mix;
      const auto* op = std::get_if<AttentionMix>(&mix.op);
      if (op == nullptr) continue;
      const Node* softmax = producers[mix.inputs[0]];
      if (softmax == nullptr || !std::holds_alternative<Softmax>(softmax->op)) {
        continue;
      }
      const Node* scores = producers[softmax->inputs[0]];
      const auto* before =
          scores ? std::get_if<AttentionScores>(&scores->op) : nullptr;
      if (before != nullptr && before->heads == op->heads &&
          before->axis == op->axis && scores->inputs[0] == mix.inputs[1] &&
          readers_[scores->output] == 1 && readers_[softmax->output] == 1) {
        fused_.insert({scores, softmax, &mix});
      }
    }
  }

  FloatView& View(TensorId id) { return views_[static_cast<std::size_t>(id)]; }

  // The graph's own layout.
  static FloatView Dense(int buffer, const Extent& e) {
    return {buffer, e, e.height * e.width, e.width, 1};
  }

  // A new buffer with channels innermost, `stride` floats a position.
  FloatView NewRows(const Extent& e, int stride) {
    const int64_t size = int64_t{1} * e.height * e.width * stride;
    const int now = static_cast<int>(plan_.steps.size());
    buffers_.push_back({(size + 15) / 16 * 16, now, now});
    zero_row_ = std::max(zero_row_, stride);
    return {static_cast<int>(buffers_.size()) - 1, e, 1, e.width * stride,
            stride};
  }

  FloatView NewRows(const Extent& e) {
    const int lanes = plan_.kernels->lanes;
    return NewRows(e, (e.channels + lanes - 1) / lanes * lanes);
  }

  void Touch(const FloatView& view) {
    if (view.buffer < 0) return;
    buffers_[static_cast<std::size_t>(view.buffer)].last_step =
        static_cast<int>(plan_.steps.size()) - 1;
  }

  template <class Work>
  void Emit(const FloatView& in, const FloatView& out, Work work) {
    plan_.steps.push_back({in, out, {}, std::move(work), -1});
    Touch(in);
    Touch(out);
  }

  // The tensor with channels innermost and, if `rows`, nothing else between
  // positions; copied into that layout if it isn't.
  FloatView ChannelsInnermost(TensorId id, bool rows) {
    const FloatView& view = View(id);
    const bool inner = view.stride_c == 1 || view.extent.channels == 1;
    const bool padded = view.stride_c == 1 &&
                        view.stride_w >= view.extent.channels &&
                        view.stride_w % plan_.kernels->lanes == 0 &&
                        view.stride_h == view.stride_w * view.extent.width;
    if (view.buffer < 0 || !inner || (rows && !padded)) {
      const FloatView copy = NewRows(view.extent);
      Emit(view, copy, CopyWork{});
      View(id) = copy;
    }
    return View(id);
  }

  void Lower(const Node& node) {
    const Extent extent = plan_.model.graph.extent(node.output);
    const auto plain = [&](const auto&) { LowerPlain(node, extent); };
    std::visit(Overload{
                   [&](const Conv& conv) { LowerConv(conv, node, extent); },
                   [&](const Elementwise& op) {
                     IsSilu(op) ? LowerSilu(node, extent) : plain(op);
                   },
                   [&](const Add& op) {
                     IsPlainSum(op, node) ? LowerAdd(node, extent) : plain(op);
                   },
                   [&](const Transpose& t) { LowerTranspose(t, node, extent); },
                   [&](const AttentionScores& op) {
                     if (!fused_.contains(&node)) plain(op);
                   },
                   [&](const Softmax& op) {
                     if (!fused_.contains(&node)) plain(op);
                   },
                   [&](const AttentionMix& mix) {
                     fused_.contains(&node) ? LowerAttention(mix, node, extent)
                                            : plain(mix);
                   },
                   [&](const BatchNorm& op) { plain(op); },
                   [&](const Multiply& op) { plain(op); },
                   [&](const Dropout& op) { plain(op); },
                   [&](const MatMul& op) { plain(op); },
                   [&](const Pool& op) { plain(op); },
                   [&](const Move& op) { plain(op); },
                   [&](const Resize& op) { plain(op); },
                   [&](const Normalize& op) { plain(op); },
                   [&](const Recurrent& op) { plain(op); },
                   [&](const Constant& op) { plain(op); },
               },
               node.op);
  }

  bool IsPlainSum(const Add& add, const Node& node) const {
    const Graph& graph = plan_.model.graph;
    return !add.subtract &&
           graph.extent(node.inputs[0]) == graph.extent(node.inputs[1]);
  }

  void LowerConv(const Conv& conv, const Node& node, const Extent& extent) {
    const FloatView in = ChannelsInnermost(node.inputs[0], false);
    const Model& model = plan_.model;
    const int lanes = plan_.kernels->lanes;
    const bool depthwise = conv.groups > 1 &&
                           conv.groups == in.extent.channels &&
                           conv.groups == conv.out_channels;
    if (depthwise) {
      View(node.output) = NewRows(extent);
      Emit(in, View(node.output), PackDepthwise(conv, model, lanes));
    } else {
      GemmWork work = PackGemm(conv, model, in.extent.channels, lanes);
      View(node.output) =
          NewRows(extent, GemmOutputStride(work, extent.channels, lanes));
      Emit(in, View(node.output), std::move(work));
    }
    convs_.emplace_back(plan_.steps.size() - 1, conv);
  }

  // The last step's epilogue, if that step wrote this tensor for one reader
  // only and can still take an operation; otherwise that of a copy.
  FloatEpilogue& EpilogueOf(TensorId id, bool for_sum) {
    const FloatView& view = View(id);
    if (!kept_ && !plan_.steps.empty() && readers_[id] == 1) {
      FloatStep& last = plan_.steps.back();
      const bool can_carry = !std::holds_alternative<PlainWork>(last.work) &&
                             !std::holds_alternative<AttentionWork>(last.work);
      const bool wrote = last.out.buffer == view.buffer &&
                         last.out.extent == view.extent &&
                         last.out.stride_w == view.stride_w;
      const FloatEpilogue& e = last.epilogue;
      const bool full = e.silu_last || (for_sum && e.has_residual);
      if (can_carry && wrote && !full) return last.epilogue;
    }
    Emit(view, NewRows(view.extent), CopyWork{});
    return plan_.steps.back().epilogue;
  }

  void LowerSilu(const Node& node, const Extent&) {
    FloatEpilogue& epilogue = EpilogueOf(node.inputs[0], false);
    const bool first = !epilogue.silu_first && !epilogue.has_residual;
    (first ? epilogue.silu_first : epilogue.silu_last) = true;
    View(node.output) = plan_.steps.back().out;
  }

  void LowerAdd(const Node& node, const Extent&) {
    // Whichever term the last step wrote carries the sum; the other is read.
    TensorId carrier = node.inputs[0], other = node.inputs[1];
    const auto is_last = [&](TensorId id) {
      return !plan_.steps.empty() &&
             plan_.steps.back().out.buffer == View(id).buffer;
    };
    if (is_last(other)) std::swap(carrier, other);
    const FloatView residual = ChannelsInnermost(other, true);
    FloatEpilogue& epilogue = EpilogueOf(carrier, true);
    epilogue.has_residual = true;
    epilogue.residual = residual;
    Touch(residual);
    View(node.output) = plan_.steps.back().out;
  }

  void LowerTranspose(const Transpose& t, const Node& node,
                      const Extent& extent) {
    const FloatView in = View(node.inputs[0]);
    const std::array<int, 3> strides = {in.stride_c, in.stride_h, in.stride_w};
    const auto pick = [&](std::size_t axis) {
      return strides[static_cast<std::size_t>(t.order[axis])];
    };
    View(node.output) = {in.buffer, extent, pick(0), pick(1), pick(2)};
    // Whoever reads the source reads this memory too.
    readers_[node.output] += readers_[node.inputs[0]] - 1;
  }

  void LowerAttention(const AttentionMix& mix, const Node& node,
                      const Extent& extent) {
    const FloatView qkv = ChannelsInnermost(node.inputs[1], false);
    View(node.output) = NewRows(extent);
    const int length = plan_.model.graph.extent(node.inputs[0]).width;
    const int lanes = plan_.kernels->lanes;
    const int width = (length + lanes - 1) / lanes * lanes;
    plan_.scratch_floats =
        std::max(plan_.scratch_floats,
                 static_cast<std::size_t>(
                     width * (length + 2 * (extent.channels / mix.heads))));
    Emit(qkv, View(node.output),
         AttentionWork{mix.heads, mix.axis,
                       plan_.model.Parameter(mix.bias).data});
  }

  void LowerPlain(const Node& node, const Extent& extent) {
    PlainWork work{&node, {}};
    for (const TensorId id : node.inputs) work.inputs.push_back(View(id));
    View(node.output) = NewRows(extent);
    const std::vector<FloatView> inputs = work.inputs;
    const FloatView out = View(node.output);
    Emit(inputs.empty() ? out : inputs[0], out, std::move(work));
    for (const FloatView& input : inputs) Touch(input);
  }

  void PlaceBuffers() {
    const int64_t reserved = (zero_row_ + kSlackFloats + 15) / 16 * 16;
    if (kept_) {
      for (ArenaBuffer& buffer : buffers_) {
        buffer.first_step = 0;
        buffer.last_step = std::numeric_limits<int>::max();
      }
    }
    const ArenaLayout layout = PlaceInArena(buffers_, reserved);
    Check(layout.size < std::numeric_limits<int32_t>::max() - kSlackFloats,
          "the network's activations don't fit 32-bit offsets");
    for (const int64_t begin : layout.begin) {
      plan_.buffers.push_back(static_cast<int32_t>(begin));
    }
    plan_.arena_floats =
        static_cast<std::size_t>((layout.size + kSlackFloats + 15) / 16 * 16);
    for (const auto& [index, conv] : convs_) {
      FloatStep& step = plan_.steps[index];
      const int64_t begin =
          layout.begin[static_cast<std::size_t>(step.in.buffer)];
      std::vector<int32_t> offsets =
          TapOffsets(conv, step.in, step.out.extent, begin);
      if (auto* gemm = std::get_if<GemmWork>(&step.work)) {
        gemm->offsets = std::move(offsets);
      } else {
        std::get<DepthwiseWork>(step.work).offsets = std::move(offsets);
      }
    }
  }

  const bool kept_;
  FloatPlan plan_;
  std::vector<FloatView> views_;      // by TensorId
  std::map<TensorId, int> readers_;   // the graph's output is read once more
  std::set<const Node*> fused_;       // nodes of fused attentions
  std::vector<ArenaBuffer> buffers_;  // first and last step by index
  std::vector<std::pair<std::size_t, Conv>> convs_;  // by step
  int zero_row_ = 0;
};

}  // namespace

FloatPlan MakeFloatPlan(Model folded, const FloatKernels& kernels,
                        FloatMemory memory) {
  return Planner(std::move(folded), kernels, memory).Make();
}

}  // namespace edge_int8
