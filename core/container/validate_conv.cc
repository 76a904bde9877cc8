#include "core/container/graph_checker.h"
#include "core/container/packed_weights.h"
#include "core/container/validate.h"

namespace edge_int8::core {
namespace {

bool InLimits(const ConvGeometry& g) {
  const auto in = [](int32_t value, int32_t low) {
    return value >= low && value <= kMaxGeometry;
  };
  return in(g.kernel_h, 1) && in(g.kernel_w, 1) && in(g.stride_h, 1) &&
         in(g.stride_w, 1) && in(g.dilation_h, 1) && in(g.dilation_w, 1) &&
         in(g.pad_top, 0) && in(g.pad_bottom, 0) && in(g.pad_left, 0) &&
         in(g.pad_right, 0) && in(g.groups, 1);
}

// Positions along one axis; 0 when the kernel is longer than the padded input.
int64_t Positions(int64_t extent, int64_t padding, int64_t kernel,
                  int64_t dilation, int64_t stride) {
  const int64_t room = extent + padding - (dilation * (kernel - 1) + 1);
  return room < 0 ? 0 : room / stride + 1;
}

// Of the sizes of all values that one output reads: a line of channels at each
// place of the kernel.
int64_t SumUnderKernel(const ConvGeometry& g, int64_t line) {
  const int64_t places = int64_t{g.kernel_h} * g.kernel_w;
  return line > kNoSum / places ? kNoSum : line * places;
}

}  // namespace

int64_t WeightCount(const IntegerGraph& graph, const ConvOp& op) {
  const ConvGeometry& g = op.geometry;
  if (op.input < 0 || op.input >= static_cast<int64_t>(graph.tensors.size()) ||
      !InLimits(g)) {
    return -1;
  }
  const int64_t channels =
      graph.tensors[static_cast<std::size_t>(op.input)].channels;
  if (channels < 1 || channels > kMaxTensorElements) return -1;
  int64_t count = 1;
  for (const int64_t factor :
       {static_cast<int64_t>(op.bias.size()), channels / g.groups,
        int64_t{g.kernel_h}, int64_t{g.kernel_w}}) {
    count *= factor;
    if (count >= kInt32Limit) return -1;
  }
  return count;
}

bool GraphChecker::CheckConvGeometry(const ConvOp& op) {
  const ConvGeometry& g = op.geometry;
  const TensorSpec& in = tensor(op.input);
  const auto out = static_cast<int64_t>(op.bias.size());
  return Require(InLimits(g), Status::kBadGeometry) &&
         Require(in.channels % g.groups == 0 && out % g.groups == 0,
                 Status::kBadGeometry) &&
         CheckExtent(op.output, out,
                     Positions(in.height, int64_t{g.pad_top} + g.pad_bottom,
                               g.kernel_h, g.dilation_h, g.stride_h),
                     Positions(in.width, int64_t{g.pad_left} + g.pad_right,
                               g.kernel_w, g.dilation_w, g.stride_w));
}

bool GraphChecker::CheckOp(const ConvOp& op) {
  ValueRange written;
  if (!CanReadStored(op.input) || !IsTensor(op.output)) return false;
  const TensorSpec& out = tensor(op.output);
  const auto channels = static_cast<std::size_t>(out.channels);
  const auto weights = static_cast<int64_t>(op.weights.size());
  return CheckStoredType(op.output) && CheckBias(op.bias, channels) &&
         CheckMultipliers(op.scale, channels) && CheckConvGeometry(op) &&
         Require(IsWeightBits(op.weight_bits), Status::kWeightBits) &&
         Require(weights == WeightCount(graph_, op), Status::kWeightCount) &&
         CheckWeights(op.weights, op.weight_bits) &&
         CheckRowSums(op.weights, op.bias, Reach(op.input),
                      SumUnderKernel(op.geometry, line_sums(op.input)[0])) &&
         // 2^31 weights at most times 2^24 positions.
         AddWork(weights * out.height * out.width) &&
         CheckActivation(op.activation, op.output, &written) &&
         Write(op.output, written);
}

}  // namespace edge_int8::core
