// Where the C export's tensors and scratch lie in its arena. A tensor lives
// from the step that writes it to the last one that reads it; a transpose or a
// move that changes nothing in memory is no step at all, and constants lie
// outside the arena. Tested by c_memory_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_MEMORY_H_
#define EDGE_INT8_SRC_EXPORT_C_C_MEMORY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/move_plan.h"
#include "src/export/c/c_target.h"

namespace edge_int8 {

// A tensor is stored [height][width][channels]. Axes are numbered as in
// TransposeOp: 0 channels, 1 height, 2 width.
inline constexpr std::array<int32_t, 3> kStorageAxes = {1, 2, 0};

// How to read a tensor's values in the order of `axes`, the outermost first:
// extents and how many values apart neighbours lie in [height][width][channels]
// (from_storage) or in [channels][height][width].
struct CWalk {
  std::array<int32_t, 3> extent = {};
  std::array<int32_t, 3> step = {};
};
CWalk WalkStorage(const core::TensorSpec& tensor,
                  const std::array<int32_t, 3>& axes);
CWalk WalkChannelMajor(const core::TensorSpec& tensor,
                       const std::array<int32_t, 3>& axes);

// The input's axes in the order in which the transpose's result is stored.
std::array<int32_t, 3> TransposedAxes(const core::TransposeOp& op);

// True when both tensors are the same bytes.
bool KeepsStorage(const core::TensorSpec& in, const core::TransposeOp& op);
bool KeepsStorage(const core::IntegerGraph& graph, const core::MoveOp& op);

// The loops that copy a move's terms from storage to storage.
core::MovePlan PlanCMove(const core::IntegerGraph& graph,
                         const core::MoveOp& op);

// True when every group is one channel in and one out.
bool IsDepthwise(const core::IntegerGraph& graph, const core::ConvOp& op);

// Bytes that an operator needs while it runs: a patch for each position that a
// convolution works on at once, or a sum for each channel of a depthwise one; a
// line's logits and probabilities; a row of a product; a recurrent layer's
// input, state and products.
inline constexpr int64_t kCPositions = 4;
int64_t ScratchBytes(const core::IntegerGraph& graph, const core::IntegerOp& op,
                     CTarget target = CTarget::kGeneric);

// Whether the target has a kernel of its own for a convolution: any but a
// depthwise one, whose 4-bit sums, 16 times as large there, stay in 32 bits.
bool HasTargetConv(const core::IntegerGraph& graph, const core::ConvOp& op,
                   CTarget target);
// Groups of four values that each tap of its kernel is there, or 0: all taps
// are one run. Wide taps are read where they lie; narrow ones would be padding
// for the most part.
int64_t TargetTapGroups(const core::IntegerGraph& graph,
                        const core::ConvOp& op);
// What is taken off a convolution's stored values before they are multiplied.
int32_t MovedBy(const core::IntegerGraph& graph, const core::ConvOp& op,
                CTarget target);
// Words of a row of its weights, whole groups of four or eight.
int64_t TargetRowWords(const core::IntegerGraph& graph, const core::ConvOp& op);

struct CMemory {
  std::vector<int64_t> tensor_offset;   // by tensor
  std::vector<int32_t> tensor_owner;    // the tensor whose memory it is
  std::vector<int64_t> scratch_offset;  // by operator; 0 without scratch
  std::vector<int32_t> constants;       // tensors, in the graph's order
  int64_t arena_bytes = 0;
  int64_t live_bytes = 0;  // the most that is alive at once: no arena is less
};

CMemory PlanCMemory(const core::IntegerGraph& graph,
                    CTarget target = CTarget::kGeneric);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_MEMORY_H_
