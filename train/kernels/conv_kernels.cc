#include "train/kernels/conv_kernels.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "train/commands/task_loop.h"
#include "train/kernels/conv_columns.h"
#include "train/kernels/gemm.h"
#include "train/kernels/row_kernels.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kRunColumns = 320;  // of one product: its operands stay in L2
constexpr int64_t kRowBlock = 32;     // output channels of one weight task

// The piece's columns: the input itself, or `scratch` filled from it.
Matrix ColumnsOf(const ConvShape& s, const float* x, const ConvPiece& piece,
                 std::vector<float>& scratch) {
  if (s.pointwise()) {
    const int64_t first =
        (piece.group * s.in_per_group() * s.windows + piece.first_window) *
        s.in_plane();
    return {x + first, s.windows * s.in_plane()};
  }
  const int64_t width = piece.windows * s.out_plane();
  scratch.resize(static_cast<std::size_t>(s.depth() * width));
  FillColumns(s, x, piece, scratch.data());
  return {scratch.data(), width};
}

// Start of the piece in an output-shaped array.
int64_t OutputOffset(const ConvShape& s, const ConvPiece& piece) {
  return (piece.group * s.out_per_group() * s.windows + piece.first_window) *
         s.out_plane();
}

Matrix GroupWeight(const ConvShape& s, const float* weight, int64_t group) {
  return {weight + group * s.out_per_group() * s.depth(), s.depth()};
}

void InputGradient(const ConvShape& s, const float* weight, const float* dy,
                   float* dx, const ConvPiece& piece,
                   std::vector<float>& scratch) {
  const int64_t columns = piece.windows * s.out_plane();
  Matrix w = GroupWeight(s, weight, piece.group);
  w.transposed = true;
  const Matrix grad = {dy + OutputOffset(s, piece), s.windows * s.out_plane()};
  if (s.pointwise()) {
    const int64_t first =
        (piece.group * s.in_per_group() * s.windows + piece.first_window) *
        s.in_plane();
    MatMul(s.depth(), columns, s.out_per_group(), w, grad, dx + first,
           s.windows * s.in_plane());
    return;
  }
  scratch.resize(static_cast<std::size_t>(s.depth() * columns));
  MatMul(s.depth(), columns, s.out_per_group(), w, grad, scratch.data(),
         columns);
  AddColumns(s, scratch.data(), piece, dx);
}

// dW[o] = dy[o] * x^T over the whole batch at once, a block of rows a task.
void PointwiseWeightGradient(const ConvShape& s, const float* x,
                             const float* dy, float* dw) {
  const int64_t columns = s.windows * s.out_plane();
  const int64_t blocks = (s.out_per_group() + kRowBlock - 1) / kRowBlock;
  ForEachTask(s.conv.groups * blocks, [&](int64_t task) {
    const int64_t group = task / blocks;
    const int64_t row = task % blocks * kRowBlock;
    const int64_t rows = std::min(kRowBlock, s.out_per_group() - row);
    const int64_t first = group * s.out_per_group() + row;
    MatMul(rows, s.depth(), columns, {dy + first * columns, columns},
           {x + group * s.in_per_group() * columns, columns, true},
           dw + first * s.depth(), s.depth());
  });
}

// Sums the runs' shares of the weight gradient in run order.
void SumRuns(const std::vector<float>& parts, int64_t runs, int64_t size,
             float* sum) {
  std::copy(parts.begin(), parts.begin() + size, sum);
  for (int64_t r = 1; r < runs; ++r) {
    const float* part = parts.data() + r * size;
    for (int64_t i = 0; i < size; ++i) sum[i] += part[i];
  }
}

// Input and weight gradients of a convolution that needs columns.
void ColumnGradients(const ConvShape& s, const float* x, const float* weight,
                     const float* dy, const ConvGradients& out) {
  const int64_t columns_stride = s.windows * s.out_plane();
  const int64_t size = s.out.channels * s.depth();
  std::vector<float> parts(
      static_cast<std::size_t>(out.weight != nullptr ? s.runs() * size : 0));
  ForEachTask(s.conv.groups * s.runs(), [&](int64_t task) {
    thread_local std::vector<float> scratch;
    const ConvPiece piece = PieceOf(s, task);
    if (out.weight != nullptr) {
      Matrix columns = ColumnsOf(s, x, piece, scratch);
      columns.transposed = true;
      MatMul(s.out_per_group(), s.depth(), piece.windows * s.out_plane(),
             {dy + OutputOffset(s, piece), columns_stride}, columns,
             parts.data() + task % s.runs() * size +
                 piece.group * s.out_per_group() * s.depth(),
             s.depth());
    }
    if (out.x != nullptr) InputGradient(s, weight, dy, out.x, piece, scratch);
  });
  if (out.weight != nullptr) SumRuns(parts, s.runs(), size, out.weight);
}

}  // namespace

int64_t ConvShape::run() const {
  return std::clamp<int64_t>(kRunColumns / out_plane(), 1, windows);
}

void ConvForward(const ConvShape& s, const float* x, const float* weight,
                 const float* bias, float* y) {
  const int64_t stride = s.windows * s.out_plane();
  ForEachTask(s.conv.groups * s.runs(), [&](int64_t task) {
    thread_local std::vector<float> scratch;
    const ConvPiece piece = PieceOf(s, task);
    const int64_t columns = piece.windows * s.out_plane();
    float* out = y + OutputOffset(s, piece);
    MatMul(s.out_per_group(), columns, s.depth(),
           GroupWeight(s, weight, piece.group), ColumnsOf(s, x, piece, scratch),
           out, stride);
    if (bias == nullptr) return;
    for (int64_t o = 0; o < s.out_per_group(); ++o) {
      const float b = bias[piece.group * s.out_per_group() + o];
      for (int64_t i = 0; i < columns; ++i) out[o * stride + i] += b;
    }
  });
}

void ConvBackward(const ConvShape& s, const float* x, const float* weight,
                  const float* dy, const ConvGradients& out) {
  const int64_t stride = s.windows * s.out_plane();
  if (out.bias != nullptr) {
    ForEachTask(s.out.channels, [&](int64_t o) {
      out.bias[o] = static_cast<float>(RowSum(dy + o * stride, stride));
    });
  }
  if (!s.pointwise()) {
    ColumnGradients(s, x, weight, dy, out);
    return;
  }
  if (out.weight != nullptr) PointwiseWeightGradient(s, x, dy, out.weight);
  if (out.x == nullptr) return;
  ForEachTask(s.conv.groups * s.runs(), [&](int64_t task) {
    thread_local std::vector<float> scratch;
    InputGradient(s, weight, dy, out.x, PieceOf(s, task), scratch);
  });
}

}  // namespace edge_int8::train
