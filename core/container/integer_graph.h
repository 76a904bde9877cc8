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

  int64_t size() const { return int64_t{1} * channels * height * width; }
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
struct ConvOp {
  int32_t input = 0;
  int32_t output = 0;
  ConvGeometry geometry;
  int32_t weight_bits = 8;        // 8: |w| <= 127, 4: |w| <= 7
  std::vector<int8_t> weights;    // [out][in/groups][kernel_h][kernel_w]
  std::vector<int32_t> bias;      // [out]
  std::vector<Multiplier> scale;  // [out]
  Activation activation;
};

// One term of a sum, brought to the sum's grid with `fraction_bits` extra bits:
// a kS16 tensor already in those units (rescale false), or an identity
// Requantize(x - x.zero_point, scale).
struct AddTerm {
  int32_t tensor = 0;
  bool rescale = false;
  Multiplier scale;
};

// out = Activate(RoundShift(term 0 + term 1 + ..., fraction_bits)). The sum is
// int32 and is rounded once.
struct AddOp {
  std::vector<AddTerm> terms;  // two or more
  int32_t output = 0;
  int32_t fraction_bits = 7;
  Activation activation;
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
  std::vector<Multiplier> logit;  // [heads]
  std::vector<int32_t> bias;      // [C]
  std::vector<Multiplier> scale;  // [C]
  Activation activation;
};

// y[c][i][0] = sum of x[c][floor(i*H/bins) .. ceil((i+1)*H/bins))[all w], kS32.
// Bins of unequal size carry a Multiplier each that brings them to one scale.
struct PoolOp {
  int32_t input = 0;
  int32_t output = 0;
  int32_t bins = 1;
  std::vector<Multiplier> bin_scale;  // empty, or [bins]
};

// The output's axis a is the input's axis order[a] (channels, height, width).
struct TransposeOp {
  int32_t input = 0;
  int32_t output = 0;
  std::array<int32_t, 3> order = {0, 1, 2};
};

using IntegerOp = std::variant<ConvOp, AddOp, AttentionOp, PoolOp, TransposeOp>;

struct IntegerGraph {
  std::string name;
  std::vector<TensorSpec> tensors;  // 0 is the input, kU8
  std::vector<IntegerOp> ops;
  int32_t output = 0;    // a kS32 tensor
  ExpTables exp_tables;  // shared by every attention

  // The only floats: q = clamp(rint(x * input_factor), 0, 255), NaN to 0, and
  // pose = output * output_scale.
  float input_factor = 255.0f;
  float output_scale = 1.0f;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_INTEGER_GRAPH_H_
