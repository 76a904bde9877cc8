// A folded graph as a list of steps for the fast float path: what is computed
// by which kernel, from where to where, with weights packed. Tested by
// float_executor_test.cc.
//
// Tensors lie [position][channel] in one arena per window. A transpose is only
// another view of the same memory; SiLUs and sums ride on the step before them;
// scores, softmax and mix are one step. Padding reads a row of zeros that every
// arena begins with.
//
// A plan that keeps every tensor fuses only attention and shares no memory:
// each other node has a step, and after a run every tensor is still there.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_PLAN_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_PLAN_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "src/graph/float_kernels.h"
#include "src/graph/model.h"

namespace edge_int8 {

// Buffers that the caller of Run owns, in the graph's own layout.
inline constexpr int kCallerInput = -1;
inline constexpr int kCallerOutput = -2;

// Element (c, h, w) lies at c * stride_c + h * stride_h + w * stride_w of the
// buffer.
struct FloatView {
  int buffer = 0;  // index into FloatPlan::buffers, or kCaller...
  Extent extent;
  int stride_c = 1, stride_h = 0, stride_w = 0;
  int positions() const { return extent.height * extent.width; }
};

// See EpilogueBlock. `residual`, if any, has the extent of the step's output,
// channels innermost.
struct FloatEpilogue {
  bool silu_first = false;
  bool has_residual = false;
  FloatView residual;
  bool silu_last = false;
  bool any() const { return silu_first || has_residual || silu_last; }
};

// A convolution. Each panel is up to kMaxGemmVectors vectors of one group's
// outputs; a later panel may overwrite the padding an earlier one wrote.
struct GemmWork {
  struct Panel {
    int first_in, first_out, vectors;
    std::size_t weights, bias;  // indices into GemmWork::weights, biases
  };
  int taps = 0;
  int channels = 0;              // inputs of a group
  std::vector<int32_t> offsets;  // [position][tap], into the arena
  std::vector<Panel> panels;
  std::vector<float> weights, biases;
};

// A convolution with one input and one output channel per group.
struct DepthwiseWork {
  int taps = 0;
  int width = 0;  // channels, padded to whole vectors
  std::vector<int32_t> offsets;
  std::vector<float> weights, biases;
};

struct AttentionWork {
  int heads = 1;
  Axis axis = Axis::kWidth;
  std::vector<float> bias;
};

// Moves a tensor to another layout, or only carries an epilogue.
struct CopyWork {};

// Everything rarer: ComputeNode on copies in the graph's own layout.
struct PlainWork {
  const Node* node = nullptr;  // of FloatPlan::model
  std::vector<FloatView> inputs;
};

enum class FloatMemory { kReused, kKept };

struct FloatStep {
  FloatView in;
  FloatView out;
  FloatEpilogue epilogue;
  std::variant<GemmWork, DepthwiseWork, AttentionWork, CopyWork, PlainWork>
      work;
  // The tensor whose values are in `out` after this step; -1 for a copy that
  // only changes the layout. Of fused nodes, the last one's.
  TensorId written = -1;
};

struct FloatPlan {
  const FloatKernels* kernels = nullptr;
  Model model;  // folded
  std::vector<FloatStep> steps;
  std::vector<int32_t> buffers;  // where each begins in a window's arena
  std::size_t arena_floats = 0;
  std::size_t scratch_floats = 0;  // of AttentionLine
};

FloatPlan MakeFloatPlan(Model folded, const FloatKernels& kernels,
                        FloatMemory memory = FloatMemory::kReused);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_PLAN_H_
