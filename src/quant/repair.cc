#include "src/quant/repair.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/quant/batch_nodes.h"
#include "src/quant/calibration.h"
#include "src/quant/fake_quant.h"
#include "src/quant/layer_moments.h"
#include "src/quant/lower.h"
#include "src/quant/multiplier.h"
#include "src/quant/optimal_rounding.h"

namespace edge_int8 {
namespace {

constexpr int64_t kBatch = 16;  // windows computed at a time

std::size_t Size(int64_t n) { return static_cast<std::size_t>(n); }

class RepairWalk {
 public:
  RepairWalk(const Model& folded, const SiteMap& sites, const Plan& plan,
             const WindowSource& source, const RepairOptions& options)
      : folded_(folded),
        sites_(sites),
        options_(options),
        quantizer_(folded.graph, sites, plan),
        result_{OnWeightGrid(folded, plan), plan},
        values_(folded.graph.tensors.size()),
        readers_left_(sites.readers) {
    const std::vector<int64_t> chosen =
        SpreadWindows(source.size(), options.windows, options.seed);
    if (chosen.empty()) FailInput("repair", "there are no windows");
    windows_ = std::ssize(chosen);
    const auto size = Size(folded.graph.extent(0).size());
    values_[0].exact.resize(chosen.size() * size);
    ParallelFor(windows_, [&](int64_t w) {
      const auto window =
          std::span(values_[0].exact).subspan(Size(w) * size, size);
      source.Read(chosen[Size(w)], window);
      ThroughInputBytes(plan.input_factor, window);
    });
    values_[0].rounded = values_[0].exact;
  }

  Repaired Run() {
    const Graph& graph = folded_.graph;
    Progress progress("repair", std::ssize(graph.nodes), "layers");
    for (const Node& node : graph.nodes) {
      Values& out = values_[Size(node.output)];
      out.exact = Compute(folded_, node, &Values::exact);
      if (const auto* conv = std::get_if<Conv>(&node.op)) {
        RepairConv(node, *conv);
      }
      out.rounded = Compute(result_.model, node, &Values::rounded);
      if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
        if (options_.bias) RepairMixBias(node, *mix);
      }
      ForBatches([&](int64_t begin, int64_t end) {
        quantizer_.Apply(node.output,
                         Part(out.rounded, node.output, begin, end));
      });
      for (const TensorId id : node.inputs) {
        if (--readers_left_[Size(id)] == 0) values_[Size(id)] = {};
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
    return fmt::format(" repair={}{}{}windows:{}",
                       options_.rounding ? "rounding," : "",
                       options_.compensation ? "compensation," : "",
                       options_.bias ? "bias," : "", windows_);
  }

  void ForBatches(const std::function<void(int64_t, int64_t)>& body) const {
    ParallelFor((windows_ + kBatch - 1) / kBatch, [&](int64_t b) {
      body(b * kBatch, std::min(windows_, (b + 1) * kBatch));
    });
  }

  template <class T>
  std::span<T> Part(std::vector<T>& values, TensorId tensor, int64_t begin,
                    int64_t end) const {
    const auto size = Size(folded_.graph.extent(tensor).size());
    return std::span(values).subspan(Size(begin) * size,
                                     Size(end - begin) * size);
  }

  std::vector<float> Compute(const Model& model, const Node& node,
                             std::vector<float> Values::*kind) {
    std::vector<float> out(Size(windows_) *
                           Size(folded_.graph.extent(node.output).size()));
    ForBatches([&](int64_t begin, int64_t end) {
      std::vector<std::span<const float>> inputs;
      for (const TensorId id : node.inputs) {
        inputs.push_back(Part(values_[Size(id)].*kind, id, begin, end));
      }
      ComputeBatch(model, node, inputs, static_cast<int>(end - begin),
                   Part(out, node.output, begin, end));
    });
    return out;
  }

  double InputScale(const Node& node) const {
    const int site = sites_.of_tensor[Size(node.inputs[0])];
    const Site& found = sites_.sites[Size(site)];
    return found.role == SiteRole::kInput
               ? 1 / result_.plan.input_factor
               : result_.plan.sites.at(found.name).scales[0];
  }

  void RepairConv(const Node& node, const Conv& conv) {
    if (!options_.rounding && !options_.compensation && !options_.bias) return;
    const std::vector<GroupMoments> moments = MeasureMoments(
        folded_.graph, node, values_[Size(node.inputs[0])].rounded,
        values_[Size(node.output)].exact, windows_);
    WeightPlan& plan = result_.plan.weights.at(conv.weight);
    // Room for a bias that doubles, so that lowering moves no scale again.
    std::vector<float> bias = folded_.Parameter(conv.bias).data;
    for (float& b : bias) b *= 2;
    plan.scales = FlooredWeightScales(plan, bias, InputScale(node));
    for (std::size_t g = 0; g < moments.size(); ++g) {
      if (options_.rounding || options_.compensation) {
        RepairWeights(conv, g, moments[g], plan);
      }
      if (options_.bias) RepairBias(node, conv, g, moments[g]);
    }
  }

  // One group's weights in place, [out/groups][in/groups * taps].
  static Eigen::Map<RowMatrix> GroupWeights(std::vector<float>& weights,
                                            const Conv& conv,
                                            std::size_t group) {
    const Eigen::Index rows = conv.out_channels / conv.groups;
    const Eigen::Index depth =
        static_cast<Eigen::Index>(weights.size()) / conv.out_channels;
    return {weights.data() + static_cast<Eigen::Index>(group) * rows * depth,
            rows, depth};
  }

  void RepairWeights(const Conv& conv, std::size_t group,
                     const GroupMoments& moments, WeightPlan& plan) {
    const Eigen::MatrixXd centered = moments.CenteredInputs();
    const Eigen::MatrixXd h = Damped(centered, options_.damping);
    std::vector<float> trained = folded_.Parameter(conv.weight).data;
    Eigen::MatrixXd wanted = GroupWeights(trained, conv, group).cast<double>();
    if (options_.compensation) {
      // The damping pulls towards the trained weights:
      //   min |y - W x|^2 + |(W - trained) (h - centered)^1/2|^2
      const Eigen::MatrixXd right =
          moments.CenteredCross() + wanted * (h - centered);
      wanted = h.llt().solve(right.transpose()).transpose();
    }
    auto weights =
        GroupWeights(result_.model.Parameter(conv.weight).data, conv, group);
    const OptimalRounding rounding(h);
    const int32_t limit = WeightLimit(plan.bits);
    ParallelFor(wanted.rows(), [&](int64_t r) {
      const Eigen::VectorXd row = wanted.row(r);
      double& scale = plan.scales[group * Size(wanted.rows()) + Size(r)];
      const std::span<const double> span(row.data(), Size(row.size()));
      if (options_.rounding) {
        const auto rounded = rounding.Round(span, scale, limit);
        scale = rounded.scale;
        for (std::size_t n = 0; n < rounded.codes.size(); ++n) {
          weights(r, static_cast<Eigen::Index>(n)) =
              static_cast<float>(rounded.codes[n] * scale);
        }
      } else {
        for (Eigen::Index n = 0; n < row.size(); ++n) {
          weights(r, n) = static_cast<float>(
              scale * RoundToInt(row[n] / scale, -limit, limit));
        }
      }
    });
  }

  // Query, key and value rows: only the query has a bias. The key's shift
  // cancels in the softmax, and the value's belongs to the mix.
  bool KeepsZeroBias(const Node& node, std::size_t channel) const {
    const int site = sites_.of_tensor[Size(node.output)];
    if (site < 0) return false;
    const Site& found = sites_.sites[Size(site)];
    return found.role == SiteRole::kQuery && channel >= Size(found.channels);
  }

  // Mean of y - W x.
  void RepairBias(const Node& node, const Conv& conv, std::size_t group,
                  const GroupMoments& moments) {
    const auto weights =
        GroupWeights(result_.model.Parameter(conv.weight).data, conv, group);
    const Eigen::VectorXd bias =
        (moments.output_sum - weights.cast<double>() * moments.input_sum) /
        moments.samples;
    std::vector<float>& stored = result_.model.Parameter(conv.bias).data;
    for (Eigen::Index r = 0; r < bias.size(); ++r) {
      const std::size_t channel = group * Size(bias.size()) + Size(r);
      if (KeepsZeroBias(node, channel)) continue;
      stored[channel] = static_cast<float>(bias[r]);
    }
  }

  void RepairMixBias(const Node& node, const AttentionMix& mix) {
    Values& out = values_[Size(node.output)];
    const Extent& extent = folded_.graph.extent(node.output);
    const auto area = Size(int64_t{1} * extent.height * extent.width);
    std::vector<float>& bias = result_.model.Parameter(mix.bias).data;
    ParallelFor(extent.channels, [&](int64_t c) {
      const auto each = [&](const auto& body) {
        for (int64_t w = 0; w < windows_; ++w) {
          const std::size_t begin = Size(w * extent.size()) + Size(c) * area;
          for (std::size_t n = begin; n < begin + area; ++n) body(n);
        }
      };
      double sum = 0;
      each([&](std::size_t n) { sum += out.exact[n] - out.rounded[n]; });
      const auto shift = static_cast<float>(
          sum / (static_cast<double>(windows_) * static_cast<double>(area)));
      each([&](std::size_t n) { out.rounded[n] += shift; });
      bias[Size(c)] += shift;
    });
  }

  const Model& folded_;
  const SiteMap& sites_;
  const RepairOptions& options_;
  const SiteQuantizer quantizer_;
  Repaired result_;
  std::vector<Values> values_;
  std::vector<int> readers_left_;
  int64_t windows_ = 0;
};

}  // namespace

Repaired Repair(const Model& folded, const SiteMap& sites, const Plan& plan,
                const WindowSource& source, const RepairOptions& options) {
  CheckPlan(plan, folded.graph, sites, "plan");
  return RepairWalk(folded, sites, plan, source, options).Run();
}

}  // namespace edge_int8
