#include "src/quantize/reconstruct/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/graph/batch_nodes.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/reconstruct/bias_repair.h"
#include "src/quantize/reconstruct/layer_moments.h"
#include "src/quantize/reconstruct/weight_repair.h"

namespace edge_int8 {
namespace {

constexpr int64_t kBatch = 16;  // windows computed at a time

class RepairWalk {
 public:
  RepairWalk(const Model& folded, const QGraph& qgraph, const Plan& plan,
             const WindowSource& source, const RepairOptions& options)
      : folded_(folded),
        qgraph_(qgraph),
        options_(options),
        quantizer_(folded.graph, qgraph, plan),
        result_{OnWeightGrid(folded, plan), plan, {}},
        values_(folded.graph.tensors.size()),
        readers_left_(qgraph.readers) {
    const std::vector<int64_t> chosen =
        SpreadWindows(source.size(), options.windows, options.seed);
    if (chosen.empty()) FailInput("repair", "there are no windows");
    windows_ = std::ssize(chosen);
    const auto size = AsSize(folded.graph.extent(0).size());
    values_[0].exact.resize(chosen.size() * size);
    ParallelFor(windows_, [&](int64_t w) {
      const auto window =
          std::span(values_[0].exact).subspan(AsSize(w) * size, size);
      source.Read(chosen[AsSize(w)], window);
      ThroughInputBytes(plan.input(), window);
    });
    values_[0].rounded = values_[0].exact;
  }

  Repaired Run() {
    const Graph& graph = folded_.graph;
    Progress progress("repair", std::ssize(graph.nodes), "layers");
    for (const Node& node : graph.nodes) {
      Values& out = values_[AsSize(node.output)];
      out.exact = Compute(folded_, node, &Values::exact);
      const auto* conv = std::get_if<Conv>(&node.op);
      if (conv != nullptr &&
          (options_.rounding || options_.ada || options_.compensation)) {
        RepairWeights(node, *conv);
      }
      out.rounded = Compute(result_.model, node, &Values::rounded);
      if (options_.bias) RepairBias(node);
      ForBatches({0, Batches()}, [&](int64_t begin, int64_t end) {
        quantizer_.Apply(node.output,
                         Part(out.rounded, node.output, begin, end));
      });
      for (const TensorId id : node.inputs) {
        if (--readers_left_[AsSize(id)] == 0) values_[AsSize(id)] = {};
      }
      progress.Add();
    }
    result_.plan.recipe += RecipeTail();
    return std::move(result_);
  }

 private:
  // Of every chosen window: the float model's values, and the integers'.
  struct Values {
    std::vector<float> exact;
    std::vector<float> rounded;
  };

  std::string RecipeTail() const {
    return fmt::format("{}{}{}{}{}{}windows:{}", kRepairNote,
                       options_.rounding && !options_.ada ? "rounding," : "",
                       options_.ada ? "adaround," : "",
                       options_.compensation ? "compensation," : "",
                       options_.blocks ? "blocks," : "",
                       options_.bias ? "bias," : "", windows_);
  }

  int64_t Batches() const { return (windows_ + kBatch - 1) / kBatch; }

  // Calls body(first window, end) for each of these batches.
  void ForBatches(const Share& batches,
                  const std::function<void(int64_t, int64_t)>& body) const {
    ParallelFor(batches.size(), [&](int64_t n) {
      const int64_t begin = (batches.first + n) * kBatch;
      body(begin, std::min(windows_, begin + kBatch));
    });
  }

  template <class T>
  std::span<T> Part(std::vector<T>& values, TensorId tensor, int64_t begin,
                    int64_t end) const {
    const auto size = AsSize(folded_.graph.extent(tensor).size());
    return std::span(values).subspan(AsSize(begin) * size,
                                     AsSize(end - begin) * size);
  }

  std::vector<float> Compute(const Model& model, const Node& node,
                             std::vector<float> Values::*kind) {
    std::vector<float> out(AsSize(windows_) *
                           AsSize(folded_.graph.extent(node.output).size()));
    // Of a job, each rank computes its share of the batches.
    const Share mine = MyShare(Batches());
    ForBatches(mine, [&](int64_t begin, int64_t end) {
      std::vector<std::span<const float>> inputs;
      for (const TensorId id : node.inputs) {
        inputs.push_back(Part(values_[AsSize(id)].*kind, id, begin, end));
      }
      ComputeBatch(model, node, inputs, static_cast<int>(end - begin),
                   Part(out, node.output, begin, end));
    });
    GatherBatches(std::span(out), windows_, mine, kBatch);
    return out;
  }

  double InputScale(const Node& node) const {
    const int quantizer = qgraph_.of_tensor[AsSize(node.inputs[0])];
    const Quantizer& found = qgraph_.quantizers[AsSize(quantizer)];
    return found.role == QuantizerRole::kInput
               ? 1 / result_.plan.input_factor
               : result_.plan.quantizers.at(found.name).scales[0];
  }

  static bool IsConv(const Node& node) {
    return std::holds_alternative<Conv>(node.op);
  }

  // What a convolution should write. The other term of its sum, if it is known
  // by now, is as the integers have it.
  std::vector<float> Wanted(const Node& node) const {
    std::vector<float> wanted = values_[AsSize(node.output)].exact;
    if (!options_.blocks || !IsSumTerm(folded_.graph, qgraph_, node.output)) {
      return wanted;
    }
    const int sum = qgraph_.sole_reader[AsSize(node.output)];
    for (const TensorId id : folded_.graph.nodes[AsSize(sum)].inputs) {
      const Values& other = values_[AsSize(id)];
      if (id == node.output || other.rounded.empty()) continue;
      for (std::size_t n = 0; n < wanted.size(); ++n) {
        wanted[n] += other.exact[n] - other.rounded[n];
      }
    }
    return wanted;
  }

  void RepairWeights(const Node& node, const Conv& conv) {
    const std::vector<GroupMoments> moments = MeasureMoments(
        folded_.graph, node, values_[AsSize(node.inputs[0])].rounded,
        Wanted(node), windows_);
    WeightPlan& plan = result_.plan.weights.at(conv.weight);
    // Room for a bias that doubles, so that lowering moves no scale again.
    std::vector<float> bias = folded_.Parameter(conv.bias).data;
    for (float& b : bias) b *= 2;
    plan.scales = FlooredWeightScales(plan, bias, InputScale(node));
    const std::vector<float>& trained = folded_.Parameter(conv.weight).data;
    std::vector<float>& weights = result_.model.Parameter(conv.weight).data;
    const Eigen::Index rows = conv.out_channels / conv.groups;
    const Eigen::Index depth = std::ssize(weights) / conv.out_channels;
    int64_t kept = 0;
    bool as_damped = true;
    for (std::size_t g = 0; g < moments.size(); ++g) {
      const std::size_t first_row = g * AsSize(rows);
      const std::size_t begin = first_row * AsSize(depth);
      const Eigen::Map<const RowMatrix> from(&trained[begin], rows, depth);
      WeightFit fit{options_.rounding, options_.compensation, options_.damping,
                    options_.ada};
      if (!options_.bias) {
        fit.bias = std::span(folded_.Parameter(conv.bias).data)
                       .subspan(first_row, AsSize(rows));
      }
      const FittedWeights fitted = FitWeights(
          from.cast<double>(), moments[g], WeightLimit(plan.bits), fit,
          std::span(plan.scales).subspan(first_row, AsSize(rows)));
      Eigen::Map<RowMatrix>(&weights[begin], rows, depth) =
          fitted.weights.cast<float>();
      kept += fitted.kept_rows;
      as_damped = as_damped && fitted.as_damped;
    }
    NoteFallBacks(node, conv.out_channels, kept, as_damped);
  }

  void NoteFallBacks(const Node& node, int channels, int64_t kept,
                     bool as_damped) {
    if (kept == channels) {
      result_.notes.push_back(fmt::format(
          "{}: weights are rounded to nearest, which no fit was better than "
          "on {} windows",
          node.name, windows_));
    }
    if (!as_damped) {
      result_.notes.push_back(fmt::format(
          "{}: its inputs' second moments are too close to singular and were "
          "damped more than by {}",
          node.name, options_.damping));
    }
  }

  // The bias parameter that shifts a node's output, empty if there is none. A
  // sum is shifted by the bias of a convolution that ends in it.
  std::string BiasOf(const Node& node) const {
    if (const auto* conv = std::get_if<Conv>(&node.op)) return conv->bias;
    if (const auto* mix = std::get_if<AttentionMix>(&node.op)) return mix->bias;
    const auto* sum = std::get_if<Add>(&node.op);
    if (sum == nullptr) return {};
    // Not of a subtracted term, nor of one that is repeated along the channels.
    const auto channels = [&](TensorId id) {
      return folded_.graph.extent(id).channels;
    };
    for (const Node& term : folded_.graph.nodes) {
      const auto times = std::ranges::count(node.inputs, term.output);
      if (IsConv(term) && IsSumTerm(folded_.graph, qgraph_, term.output) &&
          times == 1 && channels(term.output) == channels(node.output) &&
          !(sum->subtract && node.inputs[1] == term.output)) {
        return std::get<Conv>(term.op).bias;
      }
    }
    return {};
  }

  std::optional<SiluBehind> SiluAfter(const Node& node) const {
    const int reader = qgraph_.sole_reader[AsSize(node.output)];
    if (reader < 0) return {};
    const Node& silu = folded_.graph.nodes[AsSize(reader)];
    if (!IsSilu(silu.op)) return {};
    return SiluBehind{&quantizer_, node.output, silu.output};
  }

  // Of query, key and value rows only the query's have a bias: the key's shift
  // cancels in the softmax, and the value's belongs to the mix.
  int ChannelsToShift(const Node& node) const {
    const int quantizer = qgraph_.of_tensor[AsSize(node.output)];
    const bool is_query =
        quantizer >= 0 &&
        qgraph_.quantizers[AsSize(quantizer)].role == QuantizerRole::kQuery;
    return is_query ? qgraph_.quantizers[AsSize(quantizer)].channels
                    : folded_.graph.extent(node.output).channels;
  }

  void RepairBias(const Node& node) {
    const std::string name = BiasOf(node);
    if (name.empty()) return;
    std::vector<float>& bias = result_.model.Parameter(name).data;
    Values& out = values_[AsSize(node.output)];
    const Extent& extent = folded_.graph.extent(node.output);
    const auto area = AsSize(int64_t{1} * extent.height * extent.width);
    const std::optional<SiluBehind> silu = SiluAfter(node);
    ParallelFor(ChannelsToShift(node), [&](int64_t channel) {
      std::vector<float> exact;
      std::vector<float> rounded;
      for (int64_t w = 0; w < windows_; ++w) {
        const std::size_t begin =
            AsSize(w * extent.size()) + AsSize(channel) * area;
        exact.insert(exact.end(), &out.exact[begin], &out.exact[begin] + area);
        rounded.insert(rounded.end(), &out.rounded[begin],
                       &out.rounded[begin] + area);
      }
      const auto shift = static_cast<float>(MeanShift(exact, rounded, silu));
      bias[AsSize(channel)] += shift;
      for (int64_t w = 0; w < windows_; ++w) {
        const std::size_t begin =
            AsSize(w * extent.size()) + AsSize(channel) * area;
        for (std::size_t n = 0; n < area; ++n) out.rounded[begin + n] += shift;
      }
    });
  }

  const Model& folded_;
  const QGraph& qgraph_;
  const RepairOptions& options_;
  const FakeQuantizer quantizer_;
  Repaired result_;
  std::vector<Values> values_;
  std::vector<int> readers_left_;
  int64_t windows_ = 0;
};

}  // namespace

Repaired Repair(const Model& folded, const QGraph& qgraph, const Plan& plan,
                const WindowSource& source, const RepairOptions& options) {
  CheckPlan(plan, folded.graph, qgraph, "plan");
  return RepairWalk(folded, qgraph, plan, source, options).Run();
}

}  // namespace edge_int8
