// A constant in the engine's layout, made once: steps read it like any other
// tensor, and no step writes it. Tested by engine_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_CONSTANT_TENSOR_H_
#define EDGE_INT8_CORE_ENGINE_CONSTANT_TENSOR_H_

#include "core/container/integer_graph.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/tensor_layout.h"

namespace edge_int8::core {

AlignedBuffer PlaceConstant(const ConstantOp& op, const TensorLayout& layout);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_CONSTANT_TENSOR_H_
