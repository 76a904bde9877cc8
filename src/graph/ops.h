// The operators of the float graph: a closed set, visited exhaustively. What
// each one computes stands here as a formula; float_nodes.h is the plainest
// code of it.
//
// Every tensor of one window is [channels][height][width] (C, H, W); the batch
// is implicit. Whatever has more axes in a file is merged into these three by
// whoever builds the graph; Move says how values change places.
#ifndef EDGE_INT8_SRC_GRAPH_OPS_H_
#define EDGE_INT8_SRC_GRAPH_OPS_H_

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "src/graph/function.h"

namespace edge_int8 {

struct Extent {
  int channels = 0;
  int height = 0;
  int width = 0;
  int64_t size() const { return int64_t{1} * channels * height * width; }
  bool operator==(const Extent&) const = default;
};

// y[o][h][w] = bias[o] + sum over the o's group of i, kh, kw of
//   weight[o][i][kh][kw] * x[i][h * stride_h + kh * dilation_h - pad_top]
//                              [w * stride_w + kw * dilation_w - pad_left]
// Positions outside x read 0. A causal 1-D convolution has height 1 and only
// pad_left; a linear layer is a 1x1 convolution.
struct Conv {
  int out_channels = 0;
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int dilation_h = 1, dilation_w = 1;
  int pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  int groups = 1;
  std::string weight = {};  // parameter [out, in/groups, (kernel_h,) kernel_w]
  std::string bias = {};    // parameter [out]; empty when there is none
};

// y = (x - running_mean) / sqrt(running_var + epsilon) * weight + bias, per
// channel; in training the batch's own mean and (biased) variance.
inline constexpr double kBatchNormEpsilon = 1e-5;
struct BatchNorm {
  std::string prefix;  // parameters prefix.weight, .bias, .running_mean, ...
  double epsilon = kBatchNormEpsilon;
};

// y = function(x), value by value.
struct Elementwise {
  Function function;
};

// y = a + b, or a - b. Along each axis the extents are equal or one is 1, which
// is then repeated.
struct Add {
  bool subtract = false;
};

// y = a * b, extents as in Add.
struct Multiply {};

// Identity at inference; in training zeroes values with this probability.
struct Dropout {
  double probability = 0;
};

enum class Axis { kHeight, kWidth };

// Attention along one axis of a [3C][H][W] tensor holding q, k, v (C each, in
// this order, heads consecutive inside each). With the attended axis of length
// L and the other one of length B:
//   scores[head][b * L + i][j] = sum over c in head of q[c][b, i] * k[c][b, j]
// Output extent [heads][B * L][L]. There is no 1/sqrt(d): upstream normalizes
// with a batch norm per head instead, and importers fold it into the query.
struct AttentionScores {
  int heads = 1;
  Axis axis = Axis::kWidth;
};

// Inputs: probabilities as above, then the same q/k/v tensor.
//   y[c][b, i] = bias[c] + sum over j of p[head(c)][b * L + i][j] * v[c][b, j]
struct AttentionMix {
  int heads = 1;
  Axis axis = Axis::kWidth;
  std::string bias = {};  // parameter [C]; empty before norms are folded
};

// exp(x - max) / sum, along an axis: 0 channels, 1 height, 2 width.
struct Softmax {
  int axis = 2;
};

// Inputs a [K][B][M] and b [K][B or 1][N]; output [N][B][M]:
//   y[n][t][m] = sum over k of a[k][t][m] * b[k][t or 0][n]
struct MatMul {};

// A half-open range of rows or columns and what its sum is divided by.
struct PoolRange {
  int begin = 0;
  int end = 0;
  int divisor = 1;
  bool operator==(const PoolRange&) const = default;
};
enum class PoolKind : uint8_t { kAverage, kMax };

// y[c][i][j] = the largest of x[c][rows[i]][cols[j]], or their sum divided by
// rows[i].divisor * cols[j].divisor. Every pool is of this form: ranges are cut
// at the edges, and divisors say whether padding is counted. A reduction over
// an axis has one range; a global pool one of each.
struct Pool {
  PoolKind kind = PoolKind::kAverage;
  std::vector<PoolRange> rows;
  std::vector<PoolRange> cols;
};

// y's axis a is x's axis order[a], axes numbered channels, height, width.
struct Transpose {
  std::array<int, 3> order = {0, 1, 2};
};

// Values change places. Offsets and strides count values in [C][H][W] order, as
// the tensors lie in memory; strides may be 0 (repeats) or negative (mirrors).
// For all indices i_d < extent_d:
//   y[output_offset + sum i_d * output_stride_d]
//       = inputs[input][input_offset + sum i_d * input_stride_d]
// Any reshape, transpose, slice, split, concatenation, padding, repetition,
// pixel shuffle and gather by constants is a few such terms. What no term
// writes is `fill`; no value is written twice.
struct MoveDim {
  int extent = 1;
  int64_t input_stride = 0;
  int64_t output_stride = 0;
  bool operator==(const MoveDim&) const = default;
};
struct MoveTerm {
  int input = 0;  // index into the node's inputs
  int64_t input_offset = 0;
  int64_t output_offset = 0;
  std::vector<MoveDim> dims;  // outermost first
};
struct Move {
  Extent out;
  float fill = 0;
  std::vector<MoveTerm> terms;
};

// Linear interpolation between two rows and two columns:
//   y[c][i][j] = sum over r in {first, second} of rows[i] and s of cols[j] of
//                weight_r * weight_s * x[c][r][s],
// where second has `weight` and first has 1 - weight. (Nearest is a Move.)
struct ResizeTap {
  int first = 0;
  int second = 0;
  float weight = 0;
};
struct Resize {
  std::vector<ResizeTap> rows;
  std::vector<ResizeTap> cols;
};

// y = (x - mean) / sqrt(mean of (x - mean)^2 + epsilon) * scale[c] + bias[c],
// the means over a set of values around each x:
//   kLayer     the channels of its group at its place (layer norm)
//   kInstance  the places of its channel
//   kGroup     the channels of its group at all places
// Without `centered` (RMS norm) mean is 0. Scale and bias are parameters [C];
// empty is 1 and 0.
enum class NormalizeOver : uint8_t { kLayer, kInstance, kGroup };
struct Normalize {
  NormalizeOver over = NormalizeOver::kLayer;
  int groups = 1;
  bool centered = true;
  double epsilon = 1e-5;
  std::string scale = {};
  std::string bias = {};
};

// One direction of one recurrent layer: x [F][1][T] to h [hidden][1][T],
// PyTorch's equations and order of gates in the rows of the weights.
//   kGru   r, z, n:    r = sigmoid(W_r x + b_r + R_r h + c_r), z alike,
//                      n = tanh(W_n x + b_n + r * (R_n h + c_n)),
//                      h' = (1 - z) * n + z * h
//   kLstm  i, f, g, o: c' = f * c + i * g, h' = o * tanh(c')
//   kRnn               h' = tanh(W x + b + R h + c)
// h and c begin at 0. `reverse` runs from the last place to the first.
enum class RecurrentKind : uint8_t { kGru, kLstm, kRnn };
struct Recurrent {
  RecurrentKind kind = RecurrentKind::kGru;
  int hidden = 1;
  bool reverse = false;
  std::string input_weight = {};      // W [gates * hidden, F]
  std::string recurrent_weight = {};  // R [gates * hidden, hidden]
  std::string input_bias = {};        // b [gates * hidden]
  std::string recurrent_bias = {};    // c [gates * hidden]
};
constexpr int GateCount(RecurrentKind kind) {
  return kind == RecurrentKind::kGru ? 3 : kind == RecurrentKind::kLstm ? 4 : 1;
}

// A tensor that does not depend on the window: a parameter of this extent. No
// inputs.
struct Constant {
  Extent extent;
  std::string value = {};
};

using Op =
    std::variant<Conv, BatchNorm, Elementwise, Add, Multiply, Dropout,
                 AttentionScores, Softmax, AttentionMix, MatMul, Pool,
                 Transpose, Move, Resize, Normalize, Recurrent, Constant>;

// PyTorch's adaptive average pool to (bins, 1): rows
// floor(i*H/bins) .. ceil((i+1)*H/bins), all columns.
struct BinRange {
  int begin = 0;
  int end = 0;
};
constexpr BinRange PoolBin(int bin, int bins, int rows) {
  return {bin * rows / bins, ((bin + 1) * rows + bins - 1) / bins};
}
Pool AdaptiveRowPool(int bins, const Extent& in);
bool IsAdaptiveRowPool(const Pool& pool, const Extent& in);

// Whether `op` applies exactly this kind of function.
bool IsFunction(const Op& op, FunctionKind kind);

// Names of the trainable parameters that an operator has, none empty.
std::vector<std::string> ParameterNames(const Op& op);

// x / (1 + exp(-x)), the WiFlow family's activation.
inline Elementwise Silu() { return {{FunctionKind::kSilu}}; }
inline bool IsSilu(const Op& op) { return IsFunction(op, FunctionKind::kSilu); }

// One visitor of lambdas for a closed set: a forgotten case does not compile.
template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;  // clang 16 needs it

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_OPS_H_
