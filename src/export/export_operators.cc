#include "src/export/export_operators.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/container/op_tensors.h"
#include "src/base/as_size.h"
#include "src/graph/ops.h"

namespace edge_int8 {
namespace {

// What stands in the way of an operator; empty where nothing does.
std::string Obstacle(const core::IntegerGraph& graph,
                     const core::IntegerOp& any) {
  const auto spec = [&](int32_t id) -> const core::TensorSpec& {
    return graph.tensors[AsSize(id)];
  };
  return std::visit(
      Overload{
          [&](const core::AddOp& op) -> std::string {
            const core::TensorSpec& out = spec(op.output);
            for (const core::AddTerm& term : op.terms) {
              const core::TensorSpec& in = spec(term.tensor);
              if (term.negate) return "a difference";
              if (in.channels != out.channels || in.height != out.height ||
                  in.width != out.width) {
                return "a sum that repeats a term";
              }
            }
            return {};
          },
          [](const core::ConvOp&) { return std::string(); },
          [](const core::AttentionOp&) { return std::string(); },
          [](const core::PoolOp&) { return std::string(); },
          [](const core::TransposeOp&) { return std::string(); },
          [](const core::RequantizeOp&) -> std::string {
            return "a function or another scale of a stored tensor";
          },
          [](const core::MultiplyOp&) -> std::string {
            return "a product of two activations";
          },
          [](const core::MatMulOp&) -> std::string {
            return "a matrix product of two activations";
          },
          [](const core::SoftmaxOp&) -> std::string {
            return "a softmax of its own";
          },
          [](const core::NormalizeOp&) -> std::string {
            return "a normalization";
          },
          [](const core::WindowPoolOp&) -> std::string { return "a pool"; },
          [](const core::MoveOp&) -> std::string {
            return "a move of values (slice, concatenation, padding, reshape)";
          },
          [](const core::ResizeOp&) -> std::string {
            return "an interpolation";
          },
          [](const core::RecurrentOp&) -> std::string {
            return "a recurrent layer";
          },
          [](const core::ConstantOp&) -> std::string {
            return "a constant tensor";
          },
      },
      any);
}

// A function that is neither SiLU nor of version 1, which knows only SiLU.
std::string OtherFunction(const core::IntegerOp& any) {
  return std::visit(
      [](const auto& op) -> std::string {
        if constexpr (requires { op.activation; }) {
          const core::Activation& a = op.activation;
          const bool table = a.kind != core::TableKind::kNone;
          if (table && !a.function.empty() && a.function != "silu") {
            return fmt::format("the function {}", a.function);
          }
        }
        return {};
      },
      any);
}

}  // namespace

std::string FamilyObstacle(const core::IntegerGraph& graph) {
  for (const core::IntegerOp& op : graph.ops) {
    std::string obstacle = Obstacle(graph, op);
    if (obstacle.empty()) obstacle = OtherFunction(op);
    if (obstacle.empty()) continue;
    return fmt::format("{} ({})", obstacle,
                       graph.tensors[AsSize(core::OutputOf(op))].name);
  }
  if (graph.tensors[0].zero_point != 0) return "an input with a zero point";
  if (graph.tensors[AsSize(graph.output)].type != core::Type::kS32) {
    return "an output that is not a pooled sum";
  }
  return {};
}

}  // namespace edge_int8
