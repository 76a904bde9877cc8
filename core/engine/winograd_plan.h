// A 3 by 3 convolution of 16-bit values with fewer products: Winograd's
// F(2x2, 3x3) (Lavin and Gray 2016, arXiv:1509.09308) in whole numbers. Four
// outputs that are neighbours take 16 products per channel instead of 36.
//
//   4 * y = A [(H w Ht) * (B d Bt)] At    d: 4 by 4 inputs, y: 2 by 2 outputs
//   H = {2, 0, 0}, {1, 1, 1}, {1, -1, 1}, {0, 0, 2}
//
// with A and B as in kernel_table.h; H is twice the paper's G, which has
// halves. Nothing is rounded. H w Ht is at most 9 * 128; B d Bt is a sum of
// four inputs, which must fit 16 bits; and 4 * y must fit 32, while what is
// added up on the way may wrap. Tested by winograd_plan_test.cc and, against
// the reference, by engine_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_WINOGRAD_PLAN_H_
#define EDGE_INT8_CORE_ENGINE_WINOGRAD_PLAN_H_

#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/tensor_layout.h"

namespace edge_int8::core {

inline constexpr int32_t kWinogradInput = 8191;  // four add up to 16 bits
inline constexpr int kWinogradProducts = 16;

// Whether it is exact and pays, for inputs of at most `largest` in size.
bool SuitsWinograd(const ConvOp& op, const TensorLayout& in,
                   const TensorLayout& out, int32_t largest);

// Tiles beside each other that are worked on at once. An odd row ends in a
// tile that overlaps the one before it.
struct WinogradSpan {
  int32_t first_place = 0;
  int32_t places = 0;
  std::vector<int32_t> inputs;   // byte offsets from the first row's layout
  std::vector<int32_t> outputs;  // places[] of the kernel, values
};

struct WinogradPlan {
  int32_t channels = 0;       // of the input, padded
  int32_t columns = 0;        // of the output, padded
  std::vector<int32_t> rows;  // the upper output row of each row of tiles
  std::vector<WinogradSpan> spans;
  int32_t max_tiles = 0;
  int32_t max_places = 0;
  std::vector<int32_t> position;  // of the products' input, tile by tile
  std::vector<int32_t> step;
  std::vector<int32_t> no_bias, bias;  // columns
  AlignedBuffer weights;               // 16 times gemm_s16's
  int64_t product_bytes = 0;           // from one's weights to the next's
};

WinogradPlan PlanWinograd(const ConvOp& op, const TensorLayout& in,
                          const TensorLayout& out);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_WINOGRAD_PLAN_H_
