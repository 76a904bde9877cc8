// Which integer graphs a format has a form for. The exporters beside this file
// translate the operators of the WiFlow family; whatever else a graph holds is
// refused by its operator's name before anything is written, since a
// translation that leaves something out would compute something else. Tested by
// export_operators_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_
#define EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_

#include <concepts>
#include <string_view>

#include "core/container/integer_graph.h"

namespace edge_int8 {

// Operators that CheckExportable() lets through to no exporter.
template <class T>
concept UnexportedOp =
    std::same_as<T, core::RequantizeOp> || std::same_as<T, core::MultiplyOp> ||
    std::same_as<T, core::MatMulOp> || std::same_as<T, core::SoftmaxOp> ||
    std::same_as<T, core::NormalizeOp> || std::same_as<T, core::WindowPoolOp> ||
    std::same_as<T, core::MoveOp> || std::same_as<T, core::ResizeOp> ||
    std::same_as<T, core::RecurrentOp> || std::same_as<T, core::ConstantOp>;

// Whether a format copies an activation's table or computes its function anew.
enum class Tables { kCopied, kComputed };

// Throws kBadInput, naming the operator and the tensor it writes, where a
// format has no form for the graph: one of the above, a sum that subtracts or
// repeats a term, an input with a zero point, an output that is not int32; with
// kComputed any function but SiLU. `format` is its name in the message, "export
// c".
void CheckExportable(const core::IntegerGraph& graph, std::string_view format,
                     Tables tables);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_EXPORT_OPERATORS_H_
