// Lowering of what adds up: sums, means, norms, softmax, interpolation. Tested
// by lower_test.cc and lower_operators_test.cc.
#include <algorithm>
#include <cmath>

#include "src/qgraph/code_limits.h"
#include "src/qgraph/lowering.h"
#include "src/qgraph/multiplier.h"

namespace edge_int8 {
namespace {

// Below 2^31, with room for rounding two terms.
constexpr double kSumRoom = 0x1.0p31 - 0x1.0p16;

}  // namespace

void Lowering::Lower(const QNode& node, const QSum& q) {
  const int quantizer = node.pre >= 0 ? node.pre : node.stored;
  const Qparams sum = OfQuantizer(quantizer);
  core::AddOp op;
  op.fraction_bits = SumFractionBits(
      plan_.quantizers.at(qgraph_.quantizers[AsSize(quantizer)].name));
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    core::AddTerm term;
    term.tensor = At(node.inputs[i]);
    term.negate = q.negate[i];
    // A term with a quantizer of its own is stored elsewhere too: an identity.
    if (qgraph_.of_tensor[AsSize(node.inputs[i])] >= 0) {
      term.rescale = true;
      term.scale = MakeMultiplier(Ratio(node, 0,
                                        OfInput(node, i).scale() / sum.scale() *
                                            std::ldexp(1, op.fraction_bits)));
    }
    op.terms.push_back(term);
  }
  Target target = Land(node);
  op.output = target.tensor;
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

// The mean becomes a sum; its divisor goes into the output's scale. Bins of
// unequal size are brought to the largest one's.
void Lowering::LowerToOutput(const QNode& node, const Pool& pool) {
  int most = 1;
  for (const PoolRange& range : pool.rows) most = std::max(most, range.divisor);
  core::PoolOp op;
  op.bins = static_cast<int32_t>(pool.rows.size());
  op.input = At(node.inputs[0]);
  if (std::ranges::any_of(pool.rows,
                          [&](PoolRange r) { return r.divisor != most; })) {
    for (const PoolRange& range : pool.rows) {
      op.bin_scale.push_back(
          MakeMultiplier(static_cast<double>(most) / range.divisor));
    }
  }
  exact_scale_ = OfInput(node, 0).scale() / (most * InExtent(node).width);
  op.output = AddOutput(node, {{exact_scale_}, 0, 0, 0, 32, core::Type::kS32});
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QPool& q) {
  if (q.to_output) {
    LowerToOutput(node, q.pool);
    return;
  }
  core::WindowPoolOp op;
  op.input = At(node.inputs[0]);
  for (const PoolRange& r : q.pool.rows) op.rows.push_back({r.begin, r.end});
  for (const PoolRange& r : q.pool.cols) op.cols.push_back({r.begin, r.end});
  if (q.pool.kind == PoolKind::kMax) {
    op.kind = core::PoolKind::kMax;
    op.output = AddOutput(node, OfOutput(node));
    out_.ops.emplace_back(std::move(op));
    return;
  }
  op.kind = core::PoolKind::kAverage;
  const double in = OfInput(node, 0).scale();
  Target target = Land(node);
  for (const PoolRange& row : q.pool.rows) {
    for (const PoolRange& col : q.pool.cols) {
      const double divisor = double{1} * row.divisor * col.divisor;
      op.scale.push_back(Scale(node, 0, in / divisor / target.scale()));
    }
  }
  if (std::ranges::count(op.scale, op.scale[0]) == std::ssize(op.scale)) {
    op.scale.resize(1);
  }
  op.output = target.tensor;
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QSoftmax& q) {
  const Qparams out = OfOutput(node);
  core::SoftmaxOp op;
  op.input = At(node.inputs[0]);
  op.axis = q.axis;
  op.logit = Scale(
      node, 0, OfInput(node, 0).scale() * std::ldexp(1, core::kExpUnitBits));
  op.extra_bits = static_cast<int32_t>(
      std::lround(std::log2(ProbabilityScale(0) / out.scale())));
  op.output = AddOutput(node, out);
  out_.ops.emplace_back(std::move(op));
}

// gain and bias share one unit, such that the worst channel's sum fits 32 bits.
void Lowering::Lower(const QNode& node, const QNormalize& q) {
  const Normalize& norm = q.normalize;
  const Extent& extent = InExtent(node);
  const std::size_t channels = AsSize(extent.channels);
  const std::vector<float> gain = ParameterOr(norm.scale, channels, 1);
  const std::vector<float> bias = ParameterOr(norm.bias, channels, 0);
  const int64_t n = NormalizedValues(norm, extent);
  const auto reach = static_cast<double>(core::NormalizedReach(n));
  const double steps = std::ldexp(1, core::kNormalizedBits);
  constexpr int32_t kMostGain = 8191;
  double unit = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const double g = std::abs(double{gain[c]});
    const double b = std::abs(double{bias[c]});
    unit = std::max({unit, g / kMostGain, (reach * g + steps * b) / kSumRoom});
  }
  if (unit == 0) unit = 1;
  core::NormalizeOp op;
  op.input = At(node.inputs[0]);
  op.over = static_cast<core::NormalizeOver>(norm.over);
  op.groups = norm.groups;
  op.centered = norm.centered;
  const double ratio = static_cast<double>(n) / OfInput(node, 0).scale();
  op.epsilon = static_cast<int64_t>(
      std::clamp(RoundHalfUp(norm.epsilon * ratio * ratio), 1.0,
                 static_cast<double>(core::kMaxEpsilon)));
  for (std::size_t c = 0; c < channels; ++c) {
    op.gain.push_back(static_cast<int16_t>(
        RoundToInt(gain[c] / unit, -kMostGain, kMostGain)));
    op.bias.push_back(
        RoundToInt(bias[c] / unit * steps, -0x7fffffff, 0x7fffffff));
  }
  Target target = Land(node);
  op.output = target.tensor;
  op.scale = Scale(node, 0, unit / steps / target.scale());
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

void Lowering::Lower(const QNode& node, const QResize& q) {
  const auto taps = [](const std::vector<ResizeTap>& from) {
    std::vector<core::ResizeTap> to;
    for (const ResizeTap& tap : from) {
      to.push_back({tap.first, tap.second,
                    RoundToInt(tap.weight * double{core::kResizeOne}, 0,
                               core::kResizeOne)});
    }
    return to;
  };
  Target target = Land(node);
  core::ResizeOp op;
  op.input = At(node.inputs[0]);
  op.output = target.tensor;
  op.rows = taps(q.resize.rows);
  op.cols = taps(q.resize.cols);
  op.scale = Scale(node, 0,
                   OfInput(node, 0).scale() /
                       (core::kResizeOne * core::kResizeOne) / target.scale());
  op.activation = std::move(target.activation);
  out_.ops.emplace_back(std::move(op));
}

}  // namespace edge_int8
