#include "src/export/real_scales.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/arith/softmax.h"
#include "core/container/op_tensors.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/export/export_operators.h"
#include "src/export/table_scales.h"

namespace edge_int8 {
namespace {

// The unit of a stored tensor that only ratios speak of: 255 steps make 8, an
// ordinary range of activations.
constexpr double kFreeUnit = 1.0 / 32;

class Finder {
 public:
  explicit Finder(const core::IntegerGraph& graph)
      : graph_(graph), known_(graph.tensors.size()) {
    scales_.tensor.resize(graph.tensors.size());
    scales_.pre.resize(graph.ops.size());
    sum_step_.resize(graph.ops.size());
  }

  RealScales Find() {
    FindSums();
    Set(graph_.output, graph_.output_scale);
    for (std::size_t i = graph_.ops.size(); i-- > 0;) {
      std::visit([&](const auto& op) { Visit(i, op); }, graph_.ops[i]);
    }
    // The input's unit is stored too, and weighs more than a ratio.
    scales_.tensor[0] = {1.0 / graph_.input_factor};
    for (std::size_t t = 1; t < known_.size(); ++t) {
      if (scales_.tensor[t].empty()) scales_.tensor[t] = {Known(t)};
    }
    return std::move(scales_);
  }

 private:
  // Graphs with one of them carry their scales.
  template <GeneralOp T>
  void Visit(std::size_t, const T&) {
    Check(false, "scales of an operator beyond the family's");
  }

  const core::TensorSpec& Spec(int32_t id) const {
    return graph_.tensors[AsSize(id)];
  }
  // The first reader decides, which is the last in the graph.
  void Set(int32_t tensor, double scale) {
    if (!known_[AsSize(tensor)]) known_[AsSize(tensor)] = scale;
  }
  double Known(std::size_t tensor) const {
    return known_[tensor].value_or(kFreeUnit);
  }

  // What one step before the activation is worth; settles the output's scale.
  double PreScale(const core::Activation& activation, int32_t output,
                  std::optional<double> known_pre = {}) {
    std::optional<double>& out = known_[AsSize(output)];
    if (activation.kind == core::TableKind::kNone) {
      if (!out) out = known_pre.value_or(kFreeUnit);
      return *out;
    }
    const core::TensorSpec& spec = Spec(output);
    const TableScales found =
        RecoverTableScales(activation, spec.zero_point, LowestOf(spec.type),
                           HighestOf(spec.type), {known_pre, out});
    out = found.out;
    ++scales_.tables;
    scales_.entries += static_cast<int64_t>(activation.table.size());
    scales_.wrong_entries += found.wrong;
    return found.pre;
  }

  void Visit(std::size_t i, const core::ConvOp& op) {
    // q, k and v have their scales from their attention.
    if (scales_.tensor[AsSize(op.output)].empty()) {
      scales_.pre[i] = PreScale(op.activation, op.output);
    }
  }

  void Visit(std::size_t i, const core::AddOp& op) {
    const double sum = PreScale(op.activation, op.output, sum_step_[i]);
    scales_.pre[i] = sum;
    const double unit = std::ldexp(sum, -op.fraction_bits);
    for (const core::AddTerm& term : op.terms) {
      Set(term.tensor, term.rescale ? RealMultiplier(term.scale) * unit : unit);
    }
  }

  // What is known before walking back: steps that an identity's ratio or a
  // 16-bit table tells, which is a hundred times as exact as a sum's own 8-bit
  // table. Without a table behind it a sum's step is its output's, too.
  void FindSums() {
    known_[0] = 1.0 / graph_.input_factor;
    for (std::size_t i = 0; i < graph_.ops.size(); ++i) {
      if (const auto* move = std::get_if<core::TransposeOp>(&graph_.ops[i])) {
        known_[AsSize(move->output)] = known_[AsSize(move->input)];
      }
      const auto* add = std::get_if<core::AddOp>(&graph_.ops[i]);
      if (add == nullptr) continue;
      sum_step_[i] = SumStep(*add);
      if (add->activation.kind == core::TableKind::kNone) {
        known_[AsSize(add->output)] = sum_step_[i];
      }
    }
  }
  std::optional<double> SumStep(const core::AddOp& sum) const {
    for (const core::AddTerm& term : sum.terms) {
      const std::optional<double>& x = known_[AsSize(term.tensor)];
      if (term.rescale && x) {
        return std::ldexp(*x / RealMultiplier(term.scale), sum.fraction_bits);
      }
    }
    for (const core::AddTerm& term : sum.terms) {
      if (term.rescale) continue;
      for (const core::IntegerOp& any : graph_.ops) {
        const auto* conv = std::get_if<core::ConvOp>(&any);
        if (conv == nullptr || conv->output != term.tensor ||
            conv->activation.kind == core::TableKind::kNone) {
          continue;
        }
        const TableScales found =
            RecoverTableScales(conv->activation, 0, -32768, 32767);
        if (found.wrong == 0) return std::ldexp(found.out, sum.fraction_bits);
      }
    }
    return {};
  }

  void Visit(std::size_t i, const core::AttentionOp& op) {
    const double target = PreScale(op.activation, op.output);
    scales_.pre[i] = target;
    const std::size_t channels = op.scale.size();
    std::vector<double>& qkv = scales_.tensor[AsSize(op.input)];
    for (int part = 0; part < 2; ++part) {
      for (std::size_t c = 0; c < channels; ++c) {
        const std::size_t head = c * op.logit.size() / channels;
        qkv.push_back(std::sqrt(
            std::ldexp(RealMultiplier(op.logit[head]), -core::kExpUnitBits)));
      }
    }
    for (std::size_t c = 0; c < channels; ++c) {
      qkv.push_back(RealMultiplier(op.scale[c]) * core::kProbabilityOne *
                    target);
    }
  }

  // The output's scale is that of a mean over the largest bin.
  void Visit(std::size_t, const core::PoolOp& op) {
    const core::TensorSpec& in = Spec(op.input);
    int32_t rows = 0;
    for (int32_t bin = 0; bin < op.bins; ++bin) {
      const int32_t end = ((bin + 1) * in.height + op.bins - 1) / op.bins;
      rows = std::max(rows, end - bin * in.height / op.bins);
    }
    Set(op.input, Known(AsSize(op.output)) * rows * in.width);
  }

  void Visit(std::size_t, const core::TransposeOp& op) {
    if (known_[AsSize(op.output)]) Set(op.input, *known_[AsSize(op.output)]);
  }

  const core::IntegerGraph& graph_;
  std::vector<std::optional<double>> known_;     // by tensor
  std::vector<std::optional<double>> sum_step_;  // by operator
  RealScales scales_;
};

}  // namespace

namespace {

// What the graph carries. A scale for each run of channels becomes one for each
// channel.
RealScales StoredScales(const core::IntegerGraph& graph) {
  RealScales scales;
  for (const core::TensorSpec& t : graph.tensors) {
    if (t.scales.empty()) {
      FailInput(fmt::format("graph {}, tensor {}", graph.name, t.name),
                "the artifact carries no scale for it; quantize again");
    }
    std::vector<double>& tensor = scales.tensor.emplace_back();
    const std::size_t run = AsSize(t.channels) / t.scales.size();
    for (std::size_t c = 0; c < AsSize(t.channels); ++c) {
      if (t.scales.size() > 1 || c == 0) tensor.push_back(t.scales[c / run]);
    }
  }
  for (const core::IntegerOp& any : graph.ops) {
    double pre = scales.tensor[AsSize(core::OutputOf(any))][0];
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.activation; }) {
            if (op.activation.kind != core::TableKind::kNone) {
              pre = op.activation.pre_scale;
            }
          }
        },
        any);
    scales.pre.push_back(pre);
    // Of q, k and v exporters want each channel's, which may all be the same.
    if (const auto* op = std::get_if<core::AttentionOp>(&any)) {
      std::vector<double>& qkv = scales.tensor[AsSize(op->input)];
      if (qkv.size() == 1) {
        qkv.resize(AsSize(graph.tensors[AsSize(op->input)].channels), qkv[0]);
      }
    }
  }
  return scales;
}

}  // namespace

RealScales FindRealScales(const core::IntegerGraph& graph) {
  if (!FamilyObstacle(graph).empty()) return StoredScales(graph);
  RealScales scales = Finder(graph).Find();
  scales.recovered = true;
  // A transpose's input has readers of its own, which may have decided.
  for (const core::IntegerOp& any : graph.ops) {  // in execution order
    if (const auto* op = std::get_if<core::TransposeOp>(&any)) {
      const auto& in = scales.tensor[static_cast<std::size_t>(op->input)];
      scales.tensor[static_cast<std::size_t>(op->output)] = in;
    }
  }
  return scales;
}

std::vector<double> RealWeightScales(const core::IntegerGraph& graph,
                                     const RealScales& scales,
                                     std::size_t op_index) {
  const auto& op = std::get<core::ConvOp>(graph.ops[op_index]);
  const double x = scales.tensor[static_cast<std::size_t>(op.input)].at(0);
  const auto& out = scales.tensor[static_cast<std::size_t>(op.output)];
  std::vector<double> weights;
  for (std::size_t o = 0; o < op.scale.size(); ++o) {
    const double target = out.size() > 1 ? out[o] : scales.pre[op_index];
    weights.push_back(RealMultiplier(op.scale[o]) * target / x);
  }
  return weights;
}

double RealMultiplier(core::Multiplier m) {
  if (m.mantissa == 0) return 0x1.0p-33;
  return std::ldexp(static_cast<double>(m.mantissa), -m.shift);
}

int32_t LowestOf(core::Type type) {
  return type == core::Type::kU8 ? 0 : type == core::Type::kS8 ? -127 : -32768;
}
int32_t HighestOf(core::Type type) {
  return type == core::Type::kU8 ? 255 : type == core::Type::kS8 ? 127 : 32767;
}

}  // namespace edge_int8
