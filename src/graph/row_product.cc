#include "src/graph/row_product.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/cpu_clones.h"

namespace edge_int8 {
namespace {

// One AVX-512 register, two of AVX2, four of SSE or NEON.
constexpr int64_t kPanelColumns = 16;
using Lanes [[gnu::vector_size(kPanelColumns * sizeof(float))]] = float;

// Sums of kBlockRows x kPanelColumns stay in registers from AVX2 on.
constexpr int64_t kBlockRows = 6;

// A panel is kPanelColumns columns of x side by side: [depth][kPanelColumns].
template <int64_t kCount>
[[gnu::always_inline]] inline void BlockProduct(int64_t depth,
                                                const float* weights,
                                                const float* panel, float* out,
                                                int64_t out_stride) {
  std::array<Lanes, kCount> sums{};
  for (int64_t k = 0; k < depth; ++k) {
    Lanes x;
    std::memcpy(&x, panel + k * kPanelColumns, sizeof(x));
    for (int64_t r = 0; r < kCount; ++r) {
      sums[AsSize(r)] += x * weights[r * depth + k];
    }
  }
  for (int64_t r = 0; r < kCount; ++r) {
    std::memcpy(out + r * out_stride, &sums[AsSize(r)], sizeof(Lanes));
  }
}

EDGE_INT8_CPU_CLONES
void PanelProduct(int64_t rows, int64_t depth, const float* weights,
                  const float* panel, float* out, int64_t out_stride) {
  for (; rows >= kBlockRows; rows -= kBlockRows) {
    BlockProduct<kBlockRows>(depth, weights, panel, out, out_stride);
    weights += kBlockRows * depth;
    out += kBlockRows * out_stride;
  }
  for (; rows >= 2; rows -= 2) {
    BlockProduct<2>(depth, weights, panel, out, out_stride);
    weights += 2 * depth;
    out += 2 * out_stride;
  }
  if (rows > 0) BlockProduct<1>(depth, weights, panel, out, out_stride);
}

}  // namespace

void RowProduct(int64_t rows, int64_t depth, int64_t columns,
                const float* weights, const float* x, float* out) {
  std::vector<float> panel(AsSize(depth * kPanelColumns));
  int64_t begin = 0;
  for (; begin + kPanelColumns <= columns; begin += kPanelColumns) {
    for (int64_t k = 0; k < depth; ++k) {
      std::memcpy(&panel[AsSize(k * kPanelColumns)], x + k * columns + begin,
                  sizeof(Lanes));
    }
    PanelProduct(rows, depth, weights, panel.data(), out + begin, columns);
  }
  if (begin == columns) return;
  const int64_t count = columns - begin;
  for (int64_t k = 0; k < depth; ++k) {
    std::copy_n(x + k * columns + begin, count,
                &panel[AsSize(k * kPanelColumns)]);
  }
  std::vector<float> result(AsSize(rows * kPanelColumns));
  PanelProduct(rows, depth, weights, panel.data(), result.data(),
               kPanelColumns);
  for (int64_t r = 0; r < rows; ++r) {
    std::copy_n(&result[AsSize(r * kPanelColumns)], count,
                out + r * columns + begin);
  }
}

}  // namespace edge_int8
