// Which tensors an operator reads and which one it writes. Tested by
// graph_facts_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_OP_TENSORS_H_
#define EDGE_INT8_CORE_CONTAINER_OP_TENSORS_H_

#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/container/integer_graph.h"

namespace edge_int8::core {

inline int32_t OutputOf(const IntegerOp& any) {
  return std::visit([](const auto& op) { return op.output; }, any);
}

// One entry per term or operand: a tensor may come twice.
inline std::vector<int32_t> InputsOf(const IntegerOp& any) {
  const auto of_terms = [](const auto& terms, auto tensor) {
    std::vector<int32_t> inputs;
    for (const auto& term : terms) inputs.push_back(term.*tensor);
    return inputs;
  };
  return std::visit(
      [&](const auto& op) -> std::vector<int32_t> {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (requires { op.input; }) {
          return {op.input};
        } else if constexpr (requires { op.a, op.b; }) {
          return {op.a, op.b};
        } else if constexpr (std::is_same_v<Op, AddOp>) {
          return of_terms(op.terms, &AddTerm::tensor);
        } else if constexpr (std::is_same_v<Op, MoveOp>) {
          return of_terms(op.terms, &MoveTerm::input);
        } else {
          static_assert(std::is_same_v<Op, ConstantOp>);
          return {};
        }
      },
      any);
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_OP_TENSORS_H_
