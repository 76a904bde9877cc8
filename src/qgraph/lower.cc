#include "src/qgraph/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/container/validate.h"
#include "src/base/as_size.h"
#include "src/qgraph/multiplier.h"
#include "src/qgraph/silu_table.h"
#include "src/qgraph/sites.h"

namespace edge_int8 {
namespace {

constexpr double kBiasLimit = 0x1.0p30;

// Scale, zero point and limits of one site, ready for arithmetic.
struct Grid {
  std::vector<double> scales;
  int32_t zero = 0;
  int32_t low = 0;
  int32_t high = 255;
  int bits = 8;
  core::Type type = core::Type::kU8;

  double scale() const { return scales[0]; }
};

Grid MakeGrid(const Site& site, const SitePlan& plan) {
  Grid grid{plan.scales,          plan.zero_point, 0,
            (1 << plan.bits) - 1, plan.bits,       core::Type::kU8};
  if (site.symmetric || plan.bits == 16) {
    grid.zero = 0;
    grid.high = (1 << (plan.bits - 1)) - 1;
    grid.low = -grid.high;
    grid.type = plan.bits == 16 ? core::Type::kS16 : core::Type::kS8;
  }
  return grid;
}

// Walks the folded graph once, writing integer ops and tensors as it goes.
class Lowering {
 public:
  Lowering(const Model& model, const Plan& plan)
      : model_(model), plan_(plan), map_(FindSites(model.graph)) {
    CheckPlan(plan, model.graph, map_, "plan");
    tensor_of_.assign(model.graph.tensors.size(), -1);
  }

  core::IntegerGraph Run() {
    out_.name = model_.graph.name;
    out_.exp_tables = MakeExpTables();
    out_.input_factor = static_cast<float>(plan_.input_factor);
    AddTensor(0, core::Type::kU8, 0);
    for (const Node& node : model_.graph.nodes) Visit(node);
    out_.output = At(model_.graph.output);
    Check(output_scale_ > 0, "the graph has no pooled output");
    out_.output_scale = static_cast<float>(output_scale_);
    if (const core::Result bad = core::ValidateGraph(out_); !bad.ok()) {
      FailInput("plan",
                fmt::format("gives an integer graph that can't run: {} "
                            "(operator {}, item {})",
                            core::StatusName(bad.status), bad.op, bad.item));
    }
    return std::move(out_);
  }

 private:
  int32_t At(TensorId id) const {
    Check(tensor_of_[AsSize(id)] >= 0, "a tensor is read before it is written");
    return tensor_of_[AsSize(id)];
  }

  Grid GridOfSite(int site_index) const {
    const Site& site = map_.sites[static_cast<std::size_t>(site_index)];
    if (site.role == SiteRole::kInput) {
      return {{1.0 / plan_.input_factor}, 0, 0, 255, 8, core::Type::kU8};
    }
    return MakeGrid(site, plan_.sites.at(site.name));
  }
  Grid GridOf(TensorId tensor) const {
    const int site = map_.of_tensor[AsSize(tensor)];
    Check(site >= 0, "a tensor without a site is read as if it were stored");
    return GridOfSite(site);
  }
  const Node* SoleReader(TensorId tensor) const {
    const int n = map_.sole_reader[AsSize(tensor)];
    return n < 0 ? nullptr : &model_.graph.nodes[static_cast<std::size_t>(n)];
  }
  template <class T>
  const Node* SoleReaderOf(TensorId tensor) const {
    const Node* node = SoleReader(tensor);
    return node != nullptr && std::holds_alternative<T>(node->op) ? node
                                                                  : nullptr;
  }

  const Node* SoleSilu(TensorId tensor) const {
    const Node* node = SoleReader(tensor);
    return node != nullptr && IsSilu(node->op) ? node : nullptr;
  }

  int32_t AddTensor(TensorId id, core::Type type, int32_t zero) {
    const Extent& e = model_.graph.extent(id);
    const auto index = static_cast<int32_t>(out_.tensors.size());
    out_.tensors.push_back({model_.graph.tensors[AsSize(id)].name, e.channels,
                            e.height, e.width, type, zero});
    tensor_of_[AsSize(id)] = index;
    return index;
  }

  // What becomes of an accumulator: the grid it is rounded to, the clamp and
  // table it passes, and the tensor it lands in.
  struct Target {
    std::vector<double> scales;  // one, or one per output channel
    core::Activation activation;
    int32_t tensor = 0;
    double scale(std::size_t channel) const {
      return scales.size() == 1 ? scales[0] : scales[channel];
    }
  };

  Target LandOnGrid(TensorId tensor, const Grid& grid) {
    Target target;
    target.scales = grid.scales;
    target.activation = {
        grid.zero, grid.low, grid.high, core::TableKind::kNone, {}};
    target.tensor = AddTensor(tensor, grid.type, grid.zero);
    return target;
  }

  // Straight into the units of the sum that reads `tensor`.
  Target LandInSum(TensorId tensor, const Node& add) {
    const Grid sum = GridOf(add.output);
    Target target;
    target.scales = {sum.scale() / std::ldexp(1, SumFractionBits(sum.bits))};
    target.activation = {0, -32768, 32767, core::TableKind::kNone, {}};
    target.tensor = AddTensor(tensor, core::Type::kS16, 0);
    return target;
  }

  // Through the SiLU that reads `tensor`: rounds to the pre-activation's grid,
  // then the table writes the SiLU's own grid or its sum's units.
  Target LandThroughSilu(TensorId tensor, const Node& silu) {
    const Grid pre = GridOf(tensor);
    TableOutput table;
    Target target;
    if (const Node* add = SoleReaderOf<Add>(silu.output)) {
      const Grid sum = GridOf(add->output);
      table = {sum.scale() / std::ldexp(1, SumFractionBits(sum.bits)), 0,
               -32768, 32767};
      target.tensor = AddTensor(silu.output, core::Type::kS16, 0);
    } else {
      const Grid out = GridOf(silu.output);
      table = {out.scale(), out.zero, out.low, out.high};
      target.tensor = AddTensor(silu.output, out.type, out.zero);
    }
    target.scales = pre.scales;
    target.activation = {
        pre.zero, pre.low, pre.high, core::TableKind::kLookup, {}};
    if (pre.bits == 16) {
      target.activation.kind = core::TableKind::kInterpolate;
      target.activation.table = SiluInterpolated(pre.scale(), table);
    } else {
      target.activation.table =
          SiluLookup(pre.bits, pre.scale(), pre.zero, table);
    }
    return target;
  }

  // Where the result of a convolution or a sum goes.
  Target Land(TensorId tensor) {
    if (const Node* silu = SoleSilu(tensor)) {
      return LandThroughSilu(tensor, *silu);
    }
    if (const Node* add = SoleReaderOf<Add>(tensor)) {
      if (map_.of_tensor[AsSize(tensor)] < 0) return LandInSum(tensor, *add);
    }
    return LandOnGrid(tensor, GridOf(tensor));
  }

  Target LandQkv(TensorId tensor) {
    const int first = map_.of_tensor[AsSize(tensor)];
    Target target;
    for (int part = 0; part < 3; ++part) {
      const Site& site = map_.sites[static_cast<std::size_t>(first + part)];
      const std::vector<double> scales = QkvScales(tensor, part);
      for (int c = 0; c < site.channels; ++c) {
        target.scales.push_back(scales[static_cast<std::size_t>(
            c / (site.channels / site.scales))]);
      }
    }
    target.activation = {0, -127, 127, core::TableKind::kNone, {}};
    target.tensor = AddTensor(tensor, core::Type::kS8, 0);
    return target;
  }

  // Scales of q (part 0), k (1) or v (2, floored for the mix's bias).
  std::vector<double> QkvScales(TensorId qkv, int part) const {
    const int first = map_.of_tensor[AsSize(qkv)];
    const Site& site = map_.sites[static_cast<std::size_t>(first + part)];
    const SitePlan& plan = plan_.sites.at(site.name);
    if (site.role != SiteRole::kValue) return plan.scales;
    return FlooredValueScales(plan, model_.Parameter(MixOf(qkv).bias).data);
  }
  const AttentionMix& MixOf(TensorId qkv) const {
    for (const Node& node : model_.graph.nodes) {
      const auto* mix = std::get_if<AttentionMix>(&node.op);
      if (mix != nullptr && node.inputs[1] == qkv) return *mix;
    }
    FailInput(fmt::format("graph {}", model_.graph.name),
              "attention scores without a mix");
  }

  void Visit(const Node& node) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      VisitConv(node, *conv);
    } else if (std::holds_alternative<Add>(node.op)) {
      VisitAdd(node);
    } else if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
      VisitAttention(node, *mix);
    } else if (const auto* pool = std::get_if<Pool>(&node.op)) {
      VisitPool(node, *pool);
    } else if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
      VisitTranspose(node, *transpose);
    }  // SiLU, scores and softmax are part of the op around them.
  }

  // A multiplier that there is, or kBadInput.
  double Ratio(const Node& node, std::size_t channel, double real) const {
    if (IsMultiplier(real)) return real;
    FailInput("plan",
              fmt::format("the scales around {} (channel {}) have a "
                          "ratio of {}, expected one in [0, 2^30)",
                          model_.graph.tensors[AsSize(node.output)].name,
                          channel, real));
  }
  core::Multiplier FloatScale(const Node& node, std::size_t channel,
                              double real) const {
    return MakeFloatMultiplier(Ratio(node, channel, real));
  }

  void VisitConv(const Node& node, const Conv& conv) {
    const Grid in = GridOf(node.inputs[0]);
    const bool qkv = map_.of_tensor[AsSize(node.output)] >= 0 &&
                     GridRole(node.output) == SiteRole::kQuery;
    Target target = qkv ? LandQkv(node.output) : Land(node.output);
    const Tensor& weight = model_.Parameter(conv.weight);
    const Tensor& bias = model_.Parameter(conv.bias);
    const WeightPlan& plan = plan_.weights.at(conv.weight);
    const std::vector<double> scales =
        FlooredWeightScales(plan, bias.data, in.scale());
    core::ConvOp op;
    op.input = At(node.inputs[0]);
    op.output = target.tensor;
    op.geometry = {conv.kernel_h,  conv.kernel_w,   conv.stride_h,
                   conv.stride_w,  conv.dilation_h, conv.dilation_w,
                   conv.pad_top,   conv.pad_bottom, conv.pad_left,
                   conv.pad_right, conv.groups};
    op.weight_bits = plan.bits == 8 ? 8 : 4;
    op.weights.resize(weight.data.size());
    op.activation = std::move(target.activation);
    const std::size_t row = weight.data.size() / scales.size();
    for (std::size_t o = 0; o < scales.size(); ++o) {
      QuantizeChannel(std::span(weight.data).subspan(o * row, row), scales[o],
                      WeightLimit(plan.bits), op.weights.data() + o * row);
      const double unit = in.scale() * scales[o];
      op.bias.push_back(
          RoundToInt(bias.data[o] / unit, -(1 << 30) + 1, (1 << 30) - 1));
      op.scale.push_back(FloatScale(node, o, unit / target.scale(o)));
    }
    out_.ops.emplace_back(std::move(op));
  }

  SiteRole GridRole(TensorId tensor) const {
    return map_.sites[static_cast<std::size_t>(map_.of_tensor[AsSize(tensor)])]
        .role;
  }

  void VisitAdd(const Node& node) {
    const Grid sum = GridOf(node.output);
    core::AddOp op;
    op.fraction_bits = SumFractionBits(sum.bits);
    for (const TensorId input : node.inputs) {
      core::AddTerm term;
      term.tensor = At(input);
      // A term with a site of its own is stored elsewhere too: an identity.
      const bool raw = map_.of_tensor[AsSize(input)] < 0;
      if (!raw) {
        term.rescale = true;
        term.scale = MakeMultiplier(Ratio(node, 0,
                                          GridOf(input).scale() / sum.scale() *
                                              std::ldexp(1, op.fraction_bits)));
      }
      op.terms.push_back(term);
    }
    Target target = Land(node.output);
    op.output = target.tensor;
    op.activation = std::move(target.activation);
    out_.ops.emplace_back(std::move(op));
  }

  void VisitAttention(const Node& node, const AttentionMix& mix) {
    const TensorId qkv = node.inputs[1];
    const std::vector<double> q = QkvScales(qkv, 0);
    const std::vector<double> k = QkvScales(qkv, 1);
    const std::vector<double> v = QkvScales(qkv, 2);
    const Tensor& bias = model_.Parameter(mix.bias);
    core::AttentionOp op;
    op.input = At(qkv);
    op.heads = mix.heads;
    op.axis = mix.axis == Axis::kWidth ? core::AttentionAxis::kWidth
                                       : core::AttentionAxis::kHeight;
    for (std::size_t h = 0; h < q.size(); ++h) {
      op.logit.push_back(
          FloatScale(node, h, q[h] * k[h] * std::ldexp(1, core::kExpUnitBits)));
    }
    Target target = Land(node.output);
    for (std::size_t c = 0; c < v.size(); ++c) {
      const double unit = v[c] / core::kProbabilityOne;
      op.bias.push_back(
          RoundToInt(bias.data[c] / unit, -(1 << 30) + 1, (1 << 30) - 1));
      op.scale.push_back(FloatScale(node, c, unit / target.scale(c)));
    }
    op.output = target.tensor;
    op.activation = std::move(target.activation);
    out_.ops.emplace_back(std::move(op));
  }

  // The mean becomes a sum; its divisor goes into the output's scale. Bins of
  // unequal size are brought to the largest one's.
  void VisitPool(const Node& node, const Pool& pool) {
    const Grid in = GridOf(node.inputs[0]);
    const Extent& extent = model_.graph.extent(node.inputs[0]);
    std::vector<int> rows;
    if (!IsAdaptiveRowPool(pool, extent)) {
      FailInput(fmt::format("graph {}, node {}", model_.graph.name, node.name),
                "the integer engine pools rows into equal bins only");
    }
    for (const PoolRange& range : pool.rows) rows.push_back(range.divisor);
    const int most = *std::max_element(rows.begin(), rows.end());
    core::PoolOp op;
    op.bins = static_cast<int32_t>(pool.rows.size());
    op.input = At(node.inputs[0]);
    if (std::any_of(rows.begin(), rows.end(),
                    [&](int r) { return r != most; })) {
      for (const int r : rows) {
        op.bin_scale.push_back(MakeMultiplier(static_cast<double>(most) / r));
      }
    }
    output_scale_ = in.scale() / (most * extent.width);
    op.output = AddTensor(node.output, core::Type::kS32, 0);
    out_.ops.emplace_back(std::move(op));
  }

  void VisitTranspose(const Node& node, const Transpose& transpose) {
    const int32_t input = At(node.inputs[0]);
    const core::TensorSpec from = out_.tensors[static_cast<std::size_t>(input)];
    core::TransposeOp op;
    op.input = input;
    op.output = AddTensor(node.output, from.type, from.zero_point);
    std::copy(transpose.order.begin(), transpose.order.end(), op.order.begin());
    out_.ops.emplace_back(op);
  }

  const Model& model_;
  const Plan& plan_;
  const SiteMap map_;
  std::vector<int32_t> tensor_of_;  // integer tensor by TensorId
  double output_scale_ = 0;
  core::IntegerGraph out_;
};

}  // namespace

std::vector<double> FlooredWeightScales(const WeightPlan& plan,
                                        std::span<const float> bias,
                                        double input_scale) {
  std::vector<double> scales = plan.scales;
  for (std::size_t o = 0; o < scales.size(); ++o) {
    const double floor = std::abs(bias[o]) / (input_scale * kBiasLimit / 2);
    scales[o] = std::max(scales[o], floor);
  }
  return scales;
}

std::vector<double> FlooredValueScales(const SitePlan& plan,
                                       std::span<const float> mix_bias) {
  std::vector<double> scales = plan.scales;
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const double floor =
        std::abs(mix_bias[c]) * core::kProbabilityOne / (kBiasLimit / 2);
    scales[c] = std::max(scales[c], floor);
  }
  return scales;
}

void QuantizeChannel(std::span<const float> weights, double scale,
                     int32_t limit, int8_t* codes) {
  for (std::size_t n = 0; n < weights.size(); ++n) {
    codes[n] =
        static_cast<int8_t>(RoundToInt(weights[n] / scale, -limit, limit));
  }
}

core::IntegerGraph Lower(const Model& folded, const Plan& plan) {
  return Lowering(folded, plan).Run();
}

}  // namespace edge_int8
