#include "core/reference/run_reference.h"

#include <array>

namespace edge_int8::core {
namespace {

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;  // clang 14 needs it

const TensorSpec& Spec(const IntegerGraph& graph, int32_t id) {
  return graph.tensors[static_cast<std::size_t>(id)];
}

}  // namespace

Values ReferenceAdd(const IntegerGraph& graph, const AddOp& op,
                    const std::vector<Values>& tensors) {
  const TensorSpec& out = Spec(graph, op.output);
  Values y(static_cast<std::size_t>(out.size()));
  for (std::size_t n = 0; n < y.size(); ++n) {
    int32_t sum = 0;
    for (const AddTerm& term : op.terms) {
      const int32_t x = tensors[static_cast<std::size_t>(term.tensor)][n];
      const int32_t zero = Spec(graph, term.tensor).zero_point;
      sum += term.rescale
                 ? static_cast<int32_t>(Requantize(x - zero, term.scale))
                 : x;
    }
    y[n] = Activate(op.activation, RoundShift(sum, op.fraction_bits));
  }
  return y;
}

Values ReferencePool(const IntegerGraph& graph, const PoolOp& op,
                     const Values& x) {
  const TensorSpec& in = Spec(graph, op.input);
  Values y;
  for (int c = 0; c < in.channels; ++c) {
    for (int bin = 0; bin < op.bins; ++bin) {
      const int begin = bin * in.height / op.bins;
      const int end = ((bin + 1) * in.height + op.bins - 1) / op.bins;
      int32_t sum = 0;
      for (int n = begin * in.width; n < end * in.width; ++n) {
        sum += x[static_cast<std::size_t>(c * in.height * in.width + n)];
      }
      if (!op.bin_scale.empty()) {
        const Multiplier scale = op.bin_scale[static_cast<std::size_t>(bin)];
        sum = static_cast<int32_t>(Requantize(sum, scale));
      }
      y.push_back(sum);
    }
  }
  return y;
}

Values ReferenceTranspose(const IntegerGraph& graph, const TransposeOp& op,
                          const Values& x) {
  const TensorSpec& in = Spec(graph, op.input);
  const TensorSpec& out = Spec(graph, op.output);
  const std::array<int, 3> stride = {in.height * in.width, in.width, 1};
  const auto step = [&](std::size_t axis) {
    return stride[static_cast<std::size_t>(op.order[axis])];
  };
  Values y;
  for (int a = 0; a < out.channels; ++a) {
    for (int b = 0; b < out.height; ++b) {
      for (int c = 0; c < out.width; ++c) {
        y.push_back(x[static_cast<std::size_t>(a * step(0) + b * step(1) +
                                               c * step(2))]);
      }
    }
  }
  return y;
}

std::vector<Values> RunReference(const IntegerGraph& graph,
                                 std::span<const uint8_t> input) {
  std::vector<Values> tensors(graph.tensors.size());
  tensors[0].assign(input.begin(), input.end());
  const auto at = [&](int32_t id) -> Values& {
    return tensors[static_cast<std::size_t>(id)];
  };
  for (const IntegerOp& any : graph.ops) {
    std::visit(
        Overload{
            [&](const ConvOp& op) {
              at(op.output) = ReferenceConv(graph, op, at(op.input));
            },
            [&](const AddOp& op) {
              at(op.output) = ReferenceAdd(graph, op, tensors);
            },
            [&](const AttentionOp& op) {
              at(op.output) = ReferenceAttention(graph, op, at(op.input));
            },
            [&](const PoolOp& op) {
              at(op.output) = ReferencePool(graph, op, at(op.input));
            },
            [&](const TransposeOp& op) {
              at(op.output) = ReferenceTranspose(graph, op, at(op.input));
            },
        },
        any);
  }
  return tensors;
}

}  // namespace edge_int8::core
