// The integer graph: what lowering makes, the container stores, the engine runs
// and the exporters translate. It holds integers only; docs/arithmetic.md is
// the meaning of every operator, core/reference/ its plainest code.
//
// A tensor of one window is [channels][height][width]. Ops are in execution
// order; each writes one tensor that no other op writes.
#ifndef EDGE_INT8_CORE_CONTAINER_INTEGER_GRAPH_H_
#define EDGE_INT8_CORE_CONTAINER_INTEGER_GRAPH_H_

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/arith/activation.h"
#include "core/arith/fixed_point.h"
#include "core/arith/normalize.h"
#include "core/arith/recurrent.h"
#include "core/arith/softmax.h"

namespace edge_int8::core {

enum class Type : uint8_t { kU8, kS8, kS16, kS32 };

constexpr int TypeBytes(Type type) {
  return type == Type::kS32 ? 4 : type == Type::kS16 ? 2 : 1;
}

struct TensorSpec {
  std::string name;  // the float graph's tensor it stands for
  int32_t channels = 0;
  int32_t height = 0;
  int32_t width = 0;
  Type type = Type::kU8;
  int32_t zero_point = 0;  // the stored value that means real 0; 0 unless kU8
  // Real value = (stored - zero_point) * scale, of one scale or of as many
  // equal runs of channels; for readers and exporters, no engine uses it. Of
  // the input 1 / input_factor, of the output output_scale.
  // Empty: unknown (version 1).
  std::vector<float> scales = {};

  int64_t size() const { return int64_t{1} * channels * height * width; }
  bool operator==(const TensorSpec&) const = default;
};

struct ConvGeometry {
  int32_t kernel_h = 1, kernel_w = 1;
  int32_t stride_h = 1, stride_w = 1;
  int32_t dilation_h = 1, dilation_w = 1;
  int32_t pad_top = 0, pad_bottom = 0, pad_left = 0, pad_right = 0;
  int32_t groups = 1;
  bool operator==(const ConvGeometry&) const = default;
};

// acc = bias[o] + sum of weight * (x - x.zero_point); positions outside x add
// nothing. out = Activate(Requantize(acc, scale[o])). Input kU8, kS8 or kS16.
// Real weight = code * scale[o] * (pre_scale, or the output's scale without a
// table) / (the input's scale).
struct ConvOp {
  int32_t input = 0;
  int32_t output = 0;
  ConvGeometry geometry = {};
  int32_t weight_bits = 8;             // |w| <= 127, of 4: 7, of 3: 3, of 2: 1
  std::vector<int8_t> weights = {};    // [out][in/groups][kernel_h][kernel_w]
  std::vector<int32_t> bias = {};      // [out]
  std::vector<Multiplier> scale = {};  // [out]
  Activation activation = {};
  bool operator==(const ConvOp&) const = default;
};

// One term of a sum, brought to the sum's grid with `fraction_bits` extra bits:
// a kS16 tensor already in those units (rescale false), or an identity
// Requantize(x - x.zero_point, scale).
struct AddTerm {
  int32_t tensor = 0;
  bool rescale = false;
  Multiplier scale = {};
  bool negate = false;  // version 2: the term is subtracted
  bool operator==(const AddTerm&) const = default;
};

// out = Activate(RoundShift(term 0 + term 1 + ..., fraction_bits)). The sum is
// int32 and is rounded once. Version 2: terms are broadcast.
struct AddOp {
  std::vector<AddTerm> terms = {};  // two or more
  int32_t output = 0;
  int32_t fraction_bits = 7;
  Activation activation = {};
  bool operator==(const AddOp&) const = default;
};

enum class AttentionAxis : uint8_t { kHeight, kWidth };

// Input kS8 [3C][H][W]: q, k, v of C channels each, heads consecutive in each.
// For each head, each line along the axis (length L) and each query i:
//   acc_j = sum over c in head of q[c][i] * k[c][j]
//   p     = SoftmaxRow(exp_tables, logit[head], acc)
//   y_c   = Activate(Requantize(bias[c] + sum_j p_j * v[c][j], scale[c]))
struct AttentionOp {
  int32_t input = 0;
  int32_t output = 0;
  int32_t heads = 1;
  AttentionAxis axis = AttentionAxis::kWidth;
  std::vector<Multiplier> logit = {};  // [heads]
  std::vector<int32_t> bias = {};      // [C]
  std::vector<Multiplier> scale = {};  // [C]
  Activation activation = {};
  bool operator==(const AttentionOp&) const = default;
};

// y[c][i][0] = sum of x[c][floor(i*H/bins) .. ceil((i+1)*H/bins))[all w], kS32.
// Bins of unequal size carry a Multiplier each that brings them to one scale.
struct PoolOp {
  int32_t input = 0;
  int32_t output = 0;
  int32_t bins = 1;
  std::vector<Multiplier> bin_scale = {};  // empty, or [bins]
  bool operator==(const PoolOp&) const = default;
};

// The output's axis a is the input's axis order[a] (channels, height, width).
struct TransposeOp {
  int32_t input = 0;
  int32_t output = 0;
  std::array<int32_t, 3> order = {0, 1, 2};
  bool operator==(const TransposeOp&) const = default;
};

// --- Operators of format version 2 -------------------------------------------
// x' is a stored value minus its tensor's zero point. "Broadcast": along each
// axis the extents are equal or one of them is 1, which is then repeated.

// y = Activate(Requantize(x', scale)): another type or scale, or any function
// of one number as a table. Input kU8, kS8 or kS16.
struct RequantizeOp {
  int32_t input = 0;
  int32_t output = 0;
  Multiplier scale = {};
  Activation activation = {};
  bool operator==(const RequantizeOp&) const = default;
};

// y = Activate(Requantize(a' * b', scale)); broadcast. Inputs kU8, kS8 or kS16.
struct MultiplyOp {
  int32_t a = 0;
  int32_t b = 0;
  int32_t output = 0;
  Multiplier scale = {};
  Activation activation = {};
  bool operator==(const MultiplyOp&) const = default;
};

// a [K][B][M], b [K][B or 1][N], y [N][B][M]; inputs kU8, kS8 or kS16:
//   y[n][t][m] = Activate(Requantize(sum_k a'[k][t][m] * b'[k][t or 0][n],
//   scale))
struct MatMulOp {
  int32_t a = 0;
  int32_t b = 0;
  int32_t output = 0;
  Multiplier scale = {};
  Activation activation = {};
  bool operator==(const MatMulOp&) const = default;
};

// SoftmaxRow() along an axis (0 channels, 1 height, 2 width) of up to
// kMaxSoftmaxLength values kU8, kS8 or kS16; kS16 output in units of
// 1 / (32767 * 2^extra_bits). extra_bits > 0 where no probability of interest
// is above 2^-extra_bits.
struct SoftmaxOp {
  int32_t input = 0;
  int32_t output = 0;
  int32_t axis = 2;
  int32_t extra_bits = 0;  // in [0, kMaxExtraBits]
  Multiplier logit = {};
  bool operator==(const SoftmaxOp&) const = default;
};

// Over n values around each x (NormalizeOver as in the float graph): with
// S = sum of x' (0 if not centered) and Q = sum of x'^2,
//   V = n * Q - S^2 + epsilon, t = Requantize(n * x' - S, InverseSqrt(V))
//   y = Activate(Requantize(t * gain[c] + bias[c], scale))
// n * max|x'| <= kMaxNormalizedSum; NormalizedReach(n) * |gain[c]| + |bias[c]|
// < 2^31. Input and output kU8, kS8 or kS16.
enum class NormalizeOver : uint8_t { kLayer, kInstance, kGroup };
struct NormalizeOp {
  int32_t input = 0;
  int32_t output = 0;
  NormalizeOver over = NormalizeOver::kLayer;
  int32_t groups = 1;
  bool centered = true;
  // In [1, kMaxEpsilon]: real epsilon * (n / s_x)^2, rounded.
  int64_t epsilon = 1;
  std::vector<int16_t> gain = {};  // [C], |gain| <= 8191
  std::vector<int32_t> bias = {};  // [C]
  Multiplier scale = {};
  Activation activation = {};
  bool operator==(const NormalizeOp&) const = default;
};

// y[c][i][j] over the places rows[i] x cols[j] of channel c.
//   kMax      y = the largest x; output of the input's type and zero point
//   kAverage  y = Activate(Requantize(sum of x', scale[i * cols + j]))
// scale has one entry, or one per output place; of kMax none.
enum class PoolKind : uint8_t { kAverage, kMax };
struct PlaceRange {
  int32_t begin = 0;
  int32_t end = 0;  // > begin
  bool operator==(const PlaceRange&) const = default;
};
struct WindowPoolOp {
  int32_t input = 0;
  int32_t output = 0;
  PoolKind kind = PoolKind::kAverage;
  std::vector<PlaceRange> rows = {};
  std::vector<PlaceRange> cols = {};
  std::vector<Multiplier> scale = {};
  Activation activation = {};
  bool operator==(const WindowPoolOp&) const = default;
};

// Values change places (Move in src/graph/ops.h has the meaning); inputs have
// the output's type and zero point. Offsets and strides count values in
// [C][H][W] order.
struct MoveDim {
  int32_t extent = 1;
  int64_t input_stride = 0;
  int64_t output_stride = 0;
  bool operator==(const MoveDim&) const = default;
};
struct MoveTerm {
  int32_t input = 0;  // a tensor
  int64_t input_offset = 0;
  int64_t output_offset = 0;
  std::vector<MoveDim> dims = {};  // up to kMaxMoveDims, outermost first
  bool operator==(const MoveTerm&) const = default;
};
inline constexpr std::size_t kMaxMoveDims = 8;
inline constexpr std::size_t kMaxMoveTerms = 4096;
struct MoveOp {
  int32_t output = 0;
  int32_t fill = 0;  // stored value where no term writes; fits the type
  std::vector<MoveTerm> terms = {};
  bool operator==(const MoveOp&) const = default;
};

// Linear interpolation; weights count 1/256, of `second`; `first` has the rest:
//   y = Activate(Requantize(sum of w_row * w_col * x' (four terms), scale))
// They sum to 2^16 and |x'| <= 2^15, so the sum always fits int32. Input and
// output kU8, kS8 or kS16.
inline constexpr int32_t kResizeOne = 256;
struct ResizeTap {
  int32_t first = 0;
  int32_t second = 0;
  int32_t weight = 0;  // in [0, 256]
  bool operator==(const ResizeTap&) const = default;
};
struct ResizeOp {
  int32_t input = 0;
  int32_t output = 0;
  std::vector<ResizeTap> rows = {};
  std::vector<ResizeTap> cols = {};
  Multiplier scale = {};
  Activation activation = {};
  bool operator==(const ResizeOp&) const = default;
};

// One direction of a recurrent layer, x [F][1][T] (kU8, kS8 or kS16) to h
// [hidden][1][T], kS16 in units of 2^-15; gates in PyTorch's order, rows
// gate * hidden + unit. With
//   P = clamp16(Requantize(W x' + input_bias, input_scale))
//   H = clamp16(Requantize(R h + recurrent_bias, recurrent_scale)),
// units of 2^-11, and sigmoid and tanh Interpolate() tables of clamp16(...)
// from those to units of 2^-15 (core/arith/recurrent.h):
//   kGru   r = sigmoid(P_r + H_r), z alike,
//          n = tanh(P_n + RoundShift(r * H_n, 15))
//          h' = n + RoundShift(z * (h - n), 15)
//   kLstm  i, f, o = sigmoid(P + H), g = tanh(P + H)
//          c' = clamp16(RoundShift(f * c + RoundShift(i * g, 4), 15)), 2^-11
//          h' = RoundShift(o * tanh(c'), 15)
//   kRnn   h' = tanh(P + H)
// h and c begin at 0; `reverse` runs from the last place to the first.
enum class RecurrentKind : uint8_t { kGru, kLstm, kRnn };
struct RecurrentOp {
  int32_t input = 0;
  int32_t output = 0;
  RecurrentKind kind = RecurrentKind::kGru;
  bool reverse = false;
  int32_t weight_bits = 8;                       // of both weights
  std::vector<int8_t> input_weights = {};        // [gates * hidden][F]
  std::vector<int8_t> recurrent_weights = {};    // [gates * hidden][hidden]
  std::vector<int32_t> input_bias = {};          // [gates * hidden]
  std::vector<int32_t> recurrent_bias = {};      // [gates * hidden]
  std::vector<Multiplier> input_scale = {};      // [gates * hidden]
  std::vector<Multiplier> recurrent_scale = {};  // [gates * hidden]
  // kInterpolateEntries each; empty sigmoid of kRnn.
  std::vector<int16_t> sigmoid = {};  // in [0, 32767]
  std::vector<int16_t> tanh = {};     // in [-32767, 32767]
  bool operator==(const RecurrentOp&) const = default;
};
constexpr int32_t GateCount(RecurrentKind kind) {
  return kind == RecurrentKind::kGru ? 3 : kind == RecurrentKind::kLstm ? 4 : 1;
}

// A tensor that no input changes.
struct ConstantOp {
  int32_t output = 0;
  std::vector<int16_t> values = {};  // [C][H][W], fit the tensor's type
  bool operator==(const ConstantOp&) const = default;
};

using IntegerOp =
    std::variant<ConvOp, AddOp, AttentionOp, PoolOp, TransposeOp, RequantizeOp,
                 MultiplyOp, MatMulOp, SoftmaxOp, NormalizeOp, WindowPoolOp,
                 MoveOp, ResizeOp, RecurrentOp, ConstantOp>;

struct IntegerGraph {
  std::string name;
  std::vector<TensorSpec> tensors = {};  // 0 is the input, kU8
  std::vector<IntegerOp> ops = {};
  int32_t output = 0;    // any tensor
  ExpTables exp_tables;  // shared by every attention and softmax

  // A window's and an output's axes as the user's arrays have them, over the
  // same values; empty in version 1: [C][W] of an input of height 1, [C][H] of
  // an output of width 1.
  std::vector<int32_t> input_shape = {};
  std::vector<int32_t> output_shape = {};

  // The only floats an engine uses (core/arith/boundary.h); z are the zero
  // points of tensor 0 and of the output:
  //   q = clamp(rint(x * input_factor) + z, 0, 255), NaN to z
  //   result = (output - z) * output_scale
  float input_factor = 255.0f;
  float output_scale = 1.0f;
  bool operator==(const IntegerGraph&) const = default;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_INTEGER_GRAPH_H_
