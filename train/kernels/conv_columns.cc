#include "train/kernels/conv_columns.h"

#include <algorithm>

#include "train/kernels/row_kernels.h"

namespace edge_int8::train {
namespace {

// One line of the column matrix: what one kernel tap of one input channel sees.
struct Line {
  int64_t channel = 0;
  int64_t kh = 0, kw = 0;
};
Line LineOf(const ConvShape& s, const ConvPiece& piece, int64_t line) {
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
void ForEachRow(const ConvShape& s, const ConvPiece& piece, const Line& line,
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

void ZeroPadding(const ConvShape& s, const ConvPiece& piece, const Line& line,
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
int64_t ChannelOffset(const ConvShape& s, const ConvPiece& piece,
                      int64_t channel) {
  return (channel * s.windows + piece.first_window) * s.in_plane();
}

}  // namespace

ConvPiece PieceOf(const ConvShape& s, int64_t task) {
  const int64_t first = task % s.runs() * s.run();
  return {task / s.runs(), first, std::min(s.run(), s.windows - first)};
}

void FillColumns(const ConvShape& s, const float* x, const ConvPiece& piece,
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

void AddColumns(const ConvShape& s, float* columns, const ConvPiece& piece,
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

}  // namespace edge_int8::train
