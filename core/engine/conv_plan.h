// A convolution as the matrix products that one primitive runs. Tested by
// conv_plan_test.cc and, on every kind of geometry, by engine_test.cc.
//
// Nothing is copied into columns: a "position" is where in the input an output
// place's window starts, a "step" is the offset of four consecutive input bytes
// inside the window. Kernel size, dilation, stride, groups and padding only
// decide what the two lists hold, so one kernel serves every convolution.
//
// Few output channels would waste a vector of 16 columns. Then 16 / pitch
// neighbouring places become one position whose columns are place-major; its
// window is the union of theirs, and the weights outside a place's own window
// are 0. Positions that don't divide a row overlap: the last one recomputes
// values that its neighbour also has.
//
// Few channels per group waste it too: `merged` groups become one block.
//
// Where an instruction set multiplies 16-bit values faster than bytes, what a
// tile reads is widened first: positions and steps are then as of an input of
// 16 bits.
#ifndef EDGE_INT8_CORE_ENGINE_CONV_PLAN_H_
#define EDGE_INT8_CORE_ENGINE_CONV_PLAN_H_

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/step_sharing.h"
#include "core/engine/tensor_layout.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

// Columns that share one list of steps.
struct ConvBlock {
  int32_t first_column = 0;
  int32_t columns = 0;
  std::vector<int32_t> steps;
  bool shares_steps = false;
  StepSharing sharing;        // if it does
  std::vector<int32_t> bias;  // whole panels
  std::size_t weights = 0;    // offset into ConvPlan::weights
};

// Consecutive values of the accumulator tile that are consecutive in the
// output too.
struct ConvRun {
  int32_t acc = 0;     // values from the tile's start
  int32_t count = 0;   // values
  int32_t height = 0;  // the first place they belong to
  int32_t width = 0;
};

// Positions whose accumulators are alive at once.
struct ConvTile {
  int32_t first_position = 0;
  int32_t positions = 0;
  int32_t first_run = 0;
  int32_t runs = 0;
  // Of the input's layout, where bytes are widened.
  int32_t first_value = 0;
  int32_t values = 0;
};

struct ConvPlan {
  bool words_in = false;      // the products' input is int16
  bool widens = false;        // but the tensor's bytes
  int32_t fold = 1;           // neighbouring places in one position
  int32_t acc_stride = 0;     // columns of a position, rounded up to a panel
  int32_t max_positions = 0;  // of a tile
  std::vector<int32_t> positions;      // byte offsets into the products' input
  std::vector<int32_t> out_positions;  // and into the output's
  std::vector<ConvBlock> blocks;
  std::vector<ConvTile> tiles;
  std::vector<ConvRun> runs;
  AlignedBuffer weights;
};

// Room for Multiply().
int64_t WidenedBytes(const ConvPlan& plan);

// All products of a tile. input: the tensor's layout; widened: WidenedBytes();
// acc: [position of the tile][plan.acc_stride].
void Multiply(const ConvPlan& plan, const ConvTile& tile,
              const KernelTable& kernels, const std::byte* input,
              std::byte* widened, int32_t* acc);

// What to multiply `block` by at the positions of `tile`; x and acc are the
// caller's to set. `order` must live as long as the result.
GemmArgs BlockArgs(const ConvPlan& plan, const ConvTile& tile,
                   const ConvBlock& block, StepOrder* order);

ConvPlan PlanConv(const ConvOp& op, const TensorLayout& in,
                  const TensorLayout& out, const KernelTable& kernels);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_CONV_PLAN_H_
