#include "src/qgraph/code_limits.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/arith/normalize.h"
#include "src/base/as_size.h"
#include "src/qgraph/lower.h"

namespace edge_int8 {
namespace {

constexpr int64_t kLargestSum = (int64_t{1} << 31) - 1;

class LimitFinder {
 public:
  LimitFinder(const Model& model, const QGraph& qgraph, const Plan& plan)
      : model_(model),
        qgraph_(qgraph),
        plan_(plan),
        limits_(qgraph.quantizers.size(), kNoCodeLimit) {}

  std::vector<int64_t> Find() {
    for (const QNode& node : qgraph_.nodes) {
      std::visit(Overload{[&](const QConv& op) {
                            LimitRows(node, op.conv.weight, op.conv.bias);
                          },
                          [&](const QRecurrent& op) {
                            LimitRows(node, op.recurrent.input_weight,
                                      op.recurrent.input_bias);
                          },
                          [&](const QMatMul&) { LimitProduct(node); },
                          [&](const QPool& op) { LimitPool(node, op.pool); },
                          [&](const QNormalize& op) {
                            Limit(Of(node.inputs[0]),
                                  core::kMaxNormalizedSum /
                                      NormalizedValues(op.normalize, In(node)));
                          },
                          // Each bounds itself, or adds nothing up.
                          [](const QSum&) {}, [](const QMultiply&) {},
                          [](const QSoftmax&) {}, [](const QAttention&) {},
                          [](const QTranspose&) {}, [](const QMove&) {},
                          [](const QResize&) {}, [](const QElementwise&) {},
                          [](const QConstant&) {}},
                 node.op);
    }
    return std::move(limits_);
  }

 private:
  const Extent& In(const QNode& node) const {
    return model_.graph.extent(node.inputs[0]);
  }
  int Of(TensorId tensor) const { return qgraph_.of_tensor[AsSize(tensor)]; }
  QuantizerPlan PlanOf(int quantizer) const {
    const Quantizer& q = qgraph_.quantizers[AsSize(quantizer)];
    return q.role == QuantizerRole::kInput ? InputPlan(plan_)
                                           : plan_.quantizers.at(q.name);
  }
  int64_t Reach(int quantizer) const {
    const QuantizerPlan plan = PlanOf(quantizer);
    if (plan.bits == 16) return 32767;
    if (qgraph_.quantizers[AsSize(quantizer)].symmetric) return 127;
    return std::max(plan.zero_point, 255 - plan.zero_point);
  }
  bool IsFixed(int quantizer) const {
    const Quantizer& q = qgraph_.quantizers[AsSize(quantizer)];
    return q.rule != ScaleRule::kCalibrated || q.role != QuantizerRole::kStored;
  }

  void Limit(int quantizer, int64_t limit) {
    if (quantizer < 0 || limit >= Reach(quantizer)) return;
    int64_t& now = limits_[AsSize(quantizer)];
    now = std::min(now, std::max<int64_t>(limit, 1));
  }

  // sum |w| * |x| + |bias| of the worst row.
  void LimitRows(const QNode& node, const std::string& weight,
                 const std::string& bias) {
    const int in = Of(node.inputs[0]);
    if (in < 0 || PlanOf(in).bits != 16) return;
    const double in_scale = PlanOf(in).scales[0];
    const std::vector<float>& w = model_.Parameter(weight).data;
    const WeightPlan& plan = plan_.weights.at(weight);
    const std::size_t row = w.size() / plan.scales.size();
    const std::vector<float> b = bias.empty()
                                     ? std::vector<float>(plan.scales.size())
                                     : model_.Parameter(bias).data;
    const std::vector<double> scales = FlooredWeightScales(plan, b, in_scale);
    std::vector<int8_t> codes(row);
    int64_t limit = kNoCodeLimit;
    for (std::size_t o = 0; o < scales.size(); ++o) {
      QuantizeChannel(std::span(w).subspan(o * row, row), scales[o],
                      WeightLimit(plan.bits), codes.data());
      int64_t sum = 1;
      for (const int8_t code : codes) sum += std::abs(int64_t{code});
      const auto shift = static_cast<int64_t>(
          std::ceil(std::abs(b[o]) / (in_scale * scales[o])));
      limit = std::min(limit, (kLargestSum - shift) / sum);
    }
    Limit(in, limit);
  }

  void LimitPool(const QNode& node, const Pool& pool) {
    if (pool.kind != PoolKind::kAverage) return;
    const auto longest = [](const std::vector<PoolRange>& ranges) {
      int64_t most = 1;
      for (const PoolRange& r : ranges) {
        most = std::max<int64_t>(most, r.end - r.begin);
      }
      return most;
    };
    Limit(Of(node.inputs[0]),
          kLargestSum / (longest(pool.rows) * longest(pool.cols)));
  }

  // Of two wide factors both give way alike; a fixed or narrow one does not.
  void LimitProduct(const QNode& node) {
    const int a = Of(node.inputs[0]);
    const int b = Of(node.inputs[1]);
    if (a < 0 || b < 0) return;
    const int64_t room = kLargestSum / In(node).channels;
    if (Reach(a) * Reach(b) <= room) return;
    const auto gives_way = [&](int q) {
      return !IsFixed(q) && PlanOf(q).bits == 16;
    };
    if (gives_way(a) && gives_way(b)) {
      const auto each =
          static_cast<int64_t>(std::sqrt(static_cast<double>(room)));
      Limit(a, each);
      Limit(b, each);
    } else if (gives_way(a) || (!gives_way(b) && !IsFixed(a))) {
      Limit(a, room / Reach(b));
    } else if (!IsFixed(b)) {
      Limit(b, room / Reach(a));
    }
  }

  const Model& model_;
  const QGraph& qgraph_;
  const Plan& plan_;
  std::vector<int64_t> limits_;
};

}  // namespace

std::vector<int64_t> CodeLimits(const Model& folded, const QGraph& qgraph,
                                const Plan& plan) {
  return LimitFinder(folded, qgraph, plan).Find();
}

int64_t NormalizedValues(const Normalize& normalize, const Extent& extent) {
  const int64_t places = int64_t{1} * extent.height * extent.width;
  const int64_t channels = extent.channels / normalize.groups;
  switch (normalize.over) {
    case NormalizeOver::kLayer:
      return channels;
    case NormalizeOver::kInstance:
      return places;
    case NormalizeOver::kGroup:
      return channels * places;
  }
  return 1;
}

}  // namespace edge_int8
