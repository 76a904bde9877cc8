#include "train/simulation/integer_batch.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/arith/activation.h"
#include "core/arith/boundary.h"
#include "core/container/op_tensors.h"
#include "src/base/as_size.h"
#include "src/qgraph/conv_geometry.h"
#include "train/commands/task_loop.h"
#include "train/simulation/sim_operators.h"

namespace edge_int8::train {
namespace {

Extent ExtentOf(const core::TensorSpec& spec) {
  return {spec.channels, spec.height, spec.width};
}

// The largest sum of sizes of a channel's weights times that of any input.
double LargestSum(const core::ConvOp& op, const core::TensorSpec& in) {
  const double most = in.type == core::Type::kS16  ? 32768
                      : in.type == core::Type::kS8 ? 128
                                                   : 255;
  const std::size_t row = op.weights.size() / op.bias.size();
  double largest = 0;
  for (std::size_t o = 0; o < op.bias.size(); ++o) {
    double sum = 0;
    for (std::size_t n = 0; n < row; ++n) {
      sum += std::abs(static_cast<double>(op.weights[o * row + n]));
    }
    largest = std::max(largest, sum);
  }
  return most * largest;
}

}  // namespace

IntegerBatch::IntegerBatch(const core::IntegerGraph& graph, const at::Tensor& x)
    : specs_(graph.tensors), values_(AsSize(x.size(1))) {
  const core::TensorSpec& input = specs_[0];
  const at::Tensor windows = x.detach().cpu().transpose(0, 1).contiguous();
  const auto* from = windows.data_ptr<float>();
  ForEachTask(std::ssize(values_), [&](int64_t n) {
    std::vector<core::Values>& tensors = values_[AsSize(n)];
    tensors.resize(specs_.size());
    for (int64_t i = 0; i < input.size(); ++i) {
      tensors[0].push_back(core::QuantizeInput(
          from[n * input.size() + i], graph.input_factor, input.zero_point));
    }
  });
  for (const core::IntegerOp& any : graph.ops) {
    if (const auto* conv = std::get_if<core::ConvOp>(&any)) {
      Convolve(graph, *conv);
      continue;
    }
    ForEachTask(std::ssize(values_), [&](int64_t n) {
      std::vector<core::Values>& tensors = values_[AsSize(n)];
      tensors[AsSize(core::OutputOf(any))] =
          core::RunReferenceOperator(graph, any, tensors);
    });
  }
}

void IntegerBatch::Convolve(const core::IntegerGraph& graph,
                            const core::ConvOp& op) {
  const core::TensorSpec& in = graph.tensors[AsSize(op.input)];
  const core::TensorSpec& out = graph.tensors[AsSize(op.output)];
  const bool wide = LargestSum(op, in) >= kFloatExact;
  const ConvShape shape = {.conv = GeometryOf(op),
                           .in = ExtentOf(in),
                           .out = ExtentOf(out),
                           .windows = std::ssize(values_)};
  const at::ScalarType type = wide ? at::kDouble : at::kFloat;
  const at::Tensor codes =
      at::tensor(std::vector<float>(op.weights.begin(), op.weights.end()))
          .to(type);
  const at::Tensor sums = ConvolveByTaps(shape, Centred(op.input, type), codes)
                              .to(at::kInt)
                              .contiguous();
  const auto* acc = sums.data_ptr<int32_t>();
  const int64_t plane = int64_t{out.height} * out.width;
  ForEachTask(shape.windows, [&](int64_t n) {
    core::Values y(AsSize(out.size()));
    for (int64_t o = 0; o < out.channels; ++o) {
      const int32_t* from = acc + (o * shape.windows + n) * plane;
      const core::Multiplier scale = op.scale[AsSize(o)];
      for (int64_t i = 0; i < plane; ++i) {
        y[AsSize(o * plane + i)] = core::Activate(
            op.activation,
            core::Requantize(from[i] + op.bias[AsSize(o)], scale));
      }
    }
    values_[AsSize(n)][AsSize(op.output)] = std::move(y);
  });
}

at::Tensor IntegerBatch::Stored(int32_t tensor) const {
  const core::TensorSpec& spec = specs_[AsSize(tensor)];
  at::Tensor all = at::empty(
      {std::ssize(values_), spec.channels, spec.height, spec.width}, at::kInt);
  auto* to = all.data_ptr<int32_t>();
  for (const std::vector<core::Values>& tensors : values_) {
    to = std::ranges::copy(tensors[AsSize(tensor)], to).out;
  }
  return all.transpose(0, 1).contiguous();
}

at::Tensor IntegerBatch::Centred(int32_t tensor, at::ScalarType type) const {
  return (Stored(tensor) - specs_[AsSize(tensor)].zero_point).to(type);
}

at::Tensor IntegerBatch::Real(int32_t tensor) const {
  const core::TensorSpec& spec = specs_[AsSize(tensor)];
  const at::Tensor scale =
      at::tensor(spec.scales)
          .repeat_interleave(spec.channels / std::ssize(spec.scales))
          .view({-1, 1, 1, 1});
  return Centred(tensor, at::kFloat) * scale;
}

}  // namespace edge_int8::train
