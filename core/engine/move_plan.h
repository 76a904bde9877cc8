// A MoveOp's terms as loops over the engine's layouts. A term counts values in
// [C][H][W] order, where one step may cross from one axis into another; so it
// is walked once, value by value, when an engine is made, and what repeats is
// folded into loops again. Tested by move_plan_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_MOVE_PLAN_H_
#define EDGE_INT8_CORE_ENGINE_MOVE_PLAN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/tensor_layout.h"
#include "core/kernels/general_kernels.h"

namespace edge_int8::core {

// `count` values (or inner loops) whose addresses go up by the same steps.
struct CopyLoop {
  int64_t count = 1;
  int64_t from_step = 0;  // bytes
  int64_t to_step = 0;
  bool operator==(const CopyLoop&) const = default;
};

inline constexpr int kCopyLoops = 4;

struct CopyNest {
  int32_t input = 0;  // a tensor
  int64_t from = 0;   // bytes from its layout's start
  int64_t to = 0;
  std::array<CopyLoop, kCopyLoops> loops;  // innermost first
};

struct MovePlan {
  std::vector<CopyNest> nests;  // in this order
  bool covers = false;          // all values of the output are written
};

MovePlan PlanMove(const MoveOp& op, const std::vector<TensorLayout>& layouts);

// from, to: the starts of both layouts.
void RunCopyNest(const CopyNest& nest, int64_t value_bytes,
                 const GeneralKernels& kernels, const std::byte* from,
                 std::byte* to);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_MOVE_PLAN_H_
