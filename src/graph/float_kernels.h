// The inner loops of the fast float path as one table of functions per
// instruction set, chosen once when an executor is built. Tested by
// float_executor_test.cc on every table this machine can run.
//
// Tensors are [position][channel] here, channels padded to whole vectors.
// Whatever rows a call covers, each output value is the same sequence of
// multiply-adds (bias, then tap by tap, channel by channel), so a window's bits
// don't depend on what is computed beside it.
//
// Only declarations: this header is compiled for several instruction sets.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_KERNELS_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_KERNELS_H_

#include <cstddef>
#include <cstdint>

namespace edge_int8 {

// out[row][lane] = bias[lane] + sum over taps t and channels c of
//   input[offsets[row][t] + c] * weights[t][c][lane]
struct GemmBlock {
  const float* input;
  const int32_t* offsets;  // [rows][taps]
  int taps;
  int channels;
  const float* weights;  // [taps][channels][vectors * lanes]
  const float* bias;     // [vectors * lanes]
  float* out;
  std::ptrdiff_t out_stride;
};

// out[row][c] = bias[c] + sum over t of input[offsets[row][t] + c] *
//   weights[t][c], for c in [0, width); width is a multiple of the lanes.
struct DepthwiseBlock {
  const float* input;
  const int32_t* offsets;  // [rows][taps]
  int rows;
  int taps;
  int width;
  const float* weights;  // [taps][width]
  const float* bias;     // [width]
  float* out;
  std::ptrdiff_t out_stride;
};

// In place, for `width` (a multiple of the lanes) values of each row:
//   silu_last(silu_first(x) + residual); null is no residual.
struct EpilogueBlock {
  int rows;
  int width;
  float* x;
  std::ptrdiff_t x_stride;
  const float* residual;
  std::ptrdiff_t residual_stride;
  bool silu_first;
  bool silu_last;
};

// In place, for `width` (a multiple of the lanes) values of each row: each
// value on the grid of its place i in the row, codes 0 to top counted from the
// lowest.
//   (floor(clamp(x * inverse + offset + 1/2, 0, top + 1/2)) - offset) * scale
struct RoundBlock {
  int rows;
  int width;
  float* x;
  std::ptrdiff_t x_stride;
  const float* inverse;  // [width], as all four
  const float* offset;
  const float* top;
  const float* scale;
};

// One line of attention with all its heads: query i, key and value j at
// qkv + i * stride (+ channels, + 2 * channels).
//   out[i][c] = bias[c] + sum over j of softmax_j(q[i] . k[j]) * v[j][c]
struct AttentionLine {
  const float* qkv;
  std::ptrdiff_t stride;
  int length;
  int heads;
  int channels;
  const float* bias;
  float* out;
  std::ptrdiff_t out_stride;
  float* scratch;  // [length + 2 * channels / heads][length in whole vectors]
};

inline constexpr int kMaxGemmRows = 16;
inline constexpr int kMaxGemmVectors = 2;

struct FloatKernels {
  const char* name;
  int lanes;      // floats in a vector
  int gemm_rows;  // largest block the registers hold, <= kMaxGemmRows
  // [vectors - 1][rows - 1]; null beyond gemm_rows.
  void (*gemm[kMaxGemmVectors][kMaxGemmRows])(const GemmBlock&);
  void (*depthwise)(const DepthwiseBlock&);
  void (*epilogue)(const EpilogueBlock&);
  void (*attention)(const AttentionLine&);
  void (*round)(const RoundBlock&);
};

extern const FloatKernels kFloatKernelsGeneric;
#if defined(__x86_64__)
extern const FloatKernels kFloatKernelsAvx2;
extern const FloatKernels kFloatKernelsAvx512;
#endif

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_KERNELS_H_
