// Which integer graphs are of the WiFlow family's operators: those for which
// every format had a form first, and whose scales can be found without being
// told (real_scales.h). Tested by export_operators_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_
#define EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_

#include <concepts>
#include <string>
#include <string_view>

#include "core/container/integer_graph.h"

namespace edge_int8 {

// Operators that no graph of the family has.
template <class T>
concept GeneralOp =
    std::same_as<T, core::RequantizeOp> || std::same_as<T, core::MultiplyOp> ||
    std::same_as<T, core::MatMulOp> || std::same_as<T, core::SoftmaxOp> ||
    std::same_as<T, core::NormalizeOp> || std::same_as<T, core::WindowPoolOp> ||
    std::same_as<T, core::MoveOp> || std::same_as<T, core::ResizeOp> ||
    std::same_as<T, core::RecurrentOp> || std::same_as<T, core::ConstantOp>;

// What a graph has that the family has not, with the tensor it writes: one of
// the above, a sum that subtracts or repeats a term, a function other than
// SiLU, an input with a zero point, an output that is not int32. Empty if there
// is nothing.
std::string FamilyObstacle(const core::IntegerGraph& graph);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_
