#include "train/conv_kernels.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "train/gemm.h"
#include "train/row_kernels.h"
#include "train/task_loop.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kRunColumns = 320;  // of one product: its operands stay in L2
constexpr int64_t kRowBlock = 32;     // output channels of one weight task

// One group's share of a run of windows: where its rows begin and how many
// columns it has.
struct Piece {
  int64_t group = 0;
  int64_t first_window = 0;
  int64_t windows = 0;
};

Piece PieceOf(const ConvShape& s, int64_t task) {
  const int64_t first = task % s.runs() * s.run();
  return {task / s.runs(), first, std::min(s.run(), s.windows - first)};
}

// One line of the column matrix: what one kernel tap of one input channel sees.
struct Line {
  int64_t channel = 0;
  int64_t kh = 0, kw = 0;
};
Line LineOf(const ConvShape& s, const Piece& piece, int64_t line) {
  return {piece.group * s.in_per_group() + line / s.taps(),
          line % s.taps() / s.conv.kernel_w, line % s.conv.kernel_w};
}

// Positions of a row of `out` whose tap at `offset` falls inside [0, in).
struct Span {
  int64_t begin = 0, end = 0;
};
Span InsideSpan(int64_t offset, int64_t stride, int64_t in, int64_t out) {
  const int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = in - 1 - offset;  // largest position * stride
  const int64_t end = last < 0 ? 0 : last / stride + 1;
  return {std::min(begin, out), std::clamp(end, std::min(begin, out), out)};
}

// Where a tap reads row `h` of the output from; negative or past the end in the
// padding.
int64_t SourceRow(const ConvShape& s, int64_t h, int64_t kh) {
  return h * s.conv.stride_h + kh * s.conv.dilation_h - s.conv.pad_top;
}

// Calls body(output row's place in the line, source row's place in the channel,
// span) for each row of a piece. The source row is shifted by the tap, so that
// position w reads source[w * stride]; the span is empty in the padding.
template <typename Body>
void ForEachRow(const ConvShape& s, const Piece& piece, const Line& line,
                const Body& body) {
  const Conv& conv = s.conv;
  const int64_t offset = line.kw * conv.dilation_w - conv.pad_left;
  const Span inside =
      InsideSpan(offset, conv.stride_w, s.in.width, s.out.width);
  for (int64_t n = 0; n < piece.windows; ++n) {
    for (int64_t h = 0; h < s.out.height; ++h) {
      const int64_t row = SourceRow(s, h, line.kh);
      const bool padding = row < 0 || row >= s.in.height;
      body(n * s.out_plane() + h * s.out.width,
           n * s.in_plane() + row * s.in.width + offset,
           padding ? Span{} : inside);
    }
  }
}

// A tap that moves whole planes by a constant: then a line is the channel
// shifted, but for positions that read padding.
bool Shifts(const ConvShape& s) {
  return s.conv.stride_h == 1 && s.conv.stride_w == 1 &&
         s.in == Extent{s.in.channels, s.out.height, s.out.width};
}
int64_t ShiftOf(const ConvShape& s, const Line& line) {
  return SourceRow(s, 0, line.kh) * s.in.width + line.kw * s.conv.dilation_w -
         s.conv.pad_left;
}

void ZeroPadding(const ConvShape& s, const Piece& piece, const Line& line,
                 float* columns) {
  const Conv& c = s.conv;
  if (line.kh * c.dilation_h == c.pad_top &&
      line.kw * c.dilation_w == c.pad_left) {
    return;  // The centre tap sees no padding.
  }
  ForEachRow(s, piece, line, [&](int64_t row, int64_t, const Span& span) {
    std::fill(columns + row, columns + row + span.begin, 0.0f);
    std::fill(columns + row + span.end, columns + row + s.out.width, 0.0f);
  });
}

// The piece of a channel of x that a task's windows take up.
int64_t ChannelOffset(const ConvShape& s, const Piece& piece, int64_t channel) {
  return (channel * s.windows + piece.first_window) * s.in_plane();
}

void FillColumns(const ConvShape& s, const float* x, const Piece& piece,
                 float* columns) {
  const int64_t size = piece.windows * s.out_plane();
  for (int64_t i = 0; i < s.depth(); ++i, columns += size) {
    const Line line = LineOf(s, piece, i);
    const float* from = x + ChannelOffset(s, piece, line.channel);
    if (Shifts(s)) {
      const int64_t shift = ShiftOf(s, line);
      const int64_t first = std::clamp<int64_t>(-shift, 0, size);
      const int64_t last = std::clamp<int64_t>(size - shift, first, size);
      std::copy(from + first + shift, from + last + shift, columns + first);
    } else {
      ForEachRow(s, piece, line,
                 [&](int64_t row, int64_t source, const Span& span) {
                   for (int64_t w = span.begin; w < span.end; ++w) {
                     columns[row + w] = from[source + w * s.conv.stride_w];
                   }
                 });
    }
    ZeroPadding(s, piece, line, columns);
  }
}

// The transpose of FillColumns: writes dx from the columns' gradient, whose
// padding it clears.
void AddColumns(const ConvShape& s, float* columns, const Piece& piece,
                float* dx) {
  const int64_t size = piece.windows * s.out_plane();
  for (int64_t i = 0; i < s.depth(); ++i, columns += size) {
    const Line line = LineOf(s, piece, i);
    float* to = dx + ChannelOffset(s, piece, line.channel);
    if (i % s.taps() == 0) {
      std::fill(to, to + piece.windows * s.in_plane(), 0.0f);
    }
    if (Shifts(s)) {
      ZeroPadding(s, piece, line, columns);
      const int64_t shift = ShiftOf(s, line);
      const int64_t first = std::clamp<int64_t>(-shift, 0, size);
      const int64_t last = std::clamp<int64_t>(size - shift, first, size);
      AddRow(columns + first, last - first, to + first + shift);
    } else {
      ForEachRow(s, piece, line,
                 [&](int64_t row, int64_t source, const Span& span) {
                   for (int64_t w = span.begin; w < span.end; ++w) {
                     to[source + w * s.conv.stride_w] += columns[row + w];
                   }
                 });
    }
  }
}

// The piece's columns: the input itself, or `scratch` filled from it.
Matrix ColumnsOf(const ConvShape& s, const float* x, const Piece& piece,
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
int64_t OutputOffset(const ConvShape& s, const Piece& piece) {
  return (piece.group * s.out_per_group() * s.windows + piece.first_window) *
         s.out_plane();
}

Matrix GroupWeight(const ConvShape& s, const float* weight, int64_t group) {
  return {weight + group * s.out_per_group() * s.depth(), s.depth()};
}

void InputGradient(const ConvShape& s, const float* weight, const float* dy,
                   float* dx, const Piece& piece, std::vector<float>& scratch) {
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
    const Piece piece = PieceOf(s, task);
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
    const Piece piece = PieceOf(s, task);
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
