// A checkpoint of the WiFlow family changed at random into another one that
// computes the same: what must make no difference to an integer model. Each
// change is exact in real numbers; factors are up to e^reach, shifts about as
// large as what they shift. Tested by invariance_test.cc, which compares the
// float models first.
#ifndef EDGE_INT8_TESTS_TESTING_SAME_FUNCTION_H_
#define EDGE_INT8_TESTS_TESTING_SAME_FUNCTION_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "src/base/random.h"
#include "src/graph/fold_norms.h"
#include "src/graph/model.h"
#include "src/graph/unfold_norms.h"

namespace edge_int8 {

// Which changes are made; all of them unless a test wants to know which one
// made a difference.
struct SameFunctionOptions {
  double reach = 4;
  bool norms = true;      // scales and shifts between convolution and norm
  bool attention = true;  // query against key, value against its reader
  bool shifts = true;     // from one bias into another
  bool order = true;      // channels numbered anew
  bool folded = false;    // norms first folded into what they follow
};

class SameFunction {
 public:
  SameFunction(const Model& model, uint64_t seed,
               const SameFunctionOptions& options = {})
      : model_(options.folded
                   ? UnfoldBatchNorms(model.graph, FoldBatchNorms(model))
                   : model),
        rng_(seed),
        options_(options) {}

  Model Make() {
    for (const Node& node : model_.graph.nodes) {
      if (const auto* norm = std::get_if<BatchNorm>(&node.op)) {
        const Node& made = Producer(node.inputs[0]);
        if (const auto* conv = std::get_if<Conv>(&made.op)) {
          if (options_.norms) RescaleNorm(*conv, *norm);
          if (options_.order) Renumber(*conv, *norm, node.output);
        } else if (std::holds_alternative<AttentionMix>(made.op)) {
          ChangeAttention(made, node, *norm);
        }
      } else if (std::holds_alternative<Add>(node.op) && options_.shifts) {
        ShiftTerms(node);
      }
    }
    return std::move(model_);
  }

 private:
  using Values = std::vector<float>;

  Values& At(const std::string& name) { return model_.Parameter(name).data; }
  Values& Of(const BatchNorm& norm, const char* part) {
    return At(norm.prefix + part);
  }
  const Node& Producer(TensorId id) const {
    return *std::ranges::find(model_.graph.nodes, id, &Node::output);
  }
  // The only reader, dropouts looked through; null if there are more.
  const Node* Reader(TensorId id) const {
    const Node* found = nullptr;
    for (const Node& node : model_.graph.nodes) {
      if (std::ranges::count(node.inputs, id) == 0) continue;
      if (found != nullptr) return nullptr;
      found = &node;
    }
    const bool dropout =
        found != nullptr && std::holds_alternative<Dropout>(found->op);
    return dropout ? Reader(found->output) : found;
  }
  const Conv* ReadingConv(TensorId id) const {
    const Node* node = Reader(id);
    const auto* conv = node == nullptr ? nullptr : std::get_if<Conv>(&node->op);
    return conv != nullptr && conv->groups == 1 ? conv : nullptr;
  }
  double Factor() {
    return std::exp(rng_.Uniform(-options_.reach, options_.reach));
  }
  static void Scale(float& value, double factor) {
    value = static_cast<float>(value * factor);
  }
  static void Shift(float& value, double by) {
    value = static_cast<float>(value + by);
  }
  double Deviation(const BatchNorm& norm, std::size_t c) {
    return std::sqrt(Of(norm, ".running_var")[c] + norm.epsilon);
  }
  // Rows [out] of a weight: [in][taps] values.
  void ScaleRow(const Conv& conv, std::size_t row, double factor) {
    Values& weight = At(conv.weight);
    const std::size_t length =
        weight.size() / static_cast<std::size_t>(conv.out_channels);
    for (std::size_t n = 0; n < length; ++n) {
      Scale(weight[row * length + n], factor);
    }
    if (!conv.bias.empty()) Scale(At(conv.bias)[row], factor);
  }
  std::size_t Taps(const Conv& conv) const {
    return static_cast<std::size_t>(conv.kernel_h * conv.kernel_w);
  }
  // Of a convolution of one group.
  void ScaleInput(const Conv& conv, std::size_t channel, double factor) {
    Values& weight = At(conv.weight);
    const std::size_t taps = Taps(conv);
    const std::size_t length =
        weight.size() / static_cast<std::size_t>(conv.out_channels);
    for (std::size_t o = 0; o < weight.size(); o += length) {
      for (std::size_t n = 0; n < taps; ++n) {
        Scale(weight[o + channel * taps + n], factor);
      }
    }
  }
  void ScaleNorm(const BatchNorm& norm, std::size_t c, double factor) {
    Scale(Of(norm, ".weight")[c], factor);
    Scale(Of(norm, ".bias")[c], factor);
  }

  // The norm takes back what its convolution does more of, by its variance or
  // by its weight; and a shift, by its mean or by its own bias.
  void RescaleNorm(const Conv& conv, const BatchNorm& norm) {
    for (std::size_t c = 0; c < Of(norm, ".weight").size(); ++c) {
      const double factor = Factor();
      ScaleRow(conv, c, factor);
      Scale(Of(norm, ".running_mean")[c], factor);
      float& variance = Of(norm, ".running_var")[c];
      const double wanted =
          factor * factor * (variance + norm.epsilon) - norm.epsilon;
      if (rng_.Uniform() < 0.5 && wanted > 100 * norm.epsilon) {
        variance = static_cast<float>(wanted);
      } else {
        Scale(Of(norm, ".weight")[c], 1 / factor);
      }
      const double shift = rng_.Normal() * Deviation(norm, c);
      Shift(Of(norm, ".running_mean")[c], shift);
      if (!conv.bias.empty()) {
        Shift(At(conv.bias)[c], shift);
      } else {
        Shift(Of(norm, ".bias")[c],
              shift * double{Of(norm, ".weight")[c]} / Deviation(norm, c));
      }
    }
  }

  // conv -> norm -> SiLU -> conv, both of one group: the channels between.
  void Renumber(const Conv& conv, const BatchNorm& norm, TensorId normed) {
    const Node* silu = Reader(normed);
    if (conv.groups != 1 || silu == nullptr || !IsSilu(silu->op)) return;
    const Conv* reader = ReadingConv(silu->output);
    if (reader == nullptr) return;
    const std::size_t channels = Of(norm, ".weight").size();
    const std::vector<std::size_t> order = Shuffled(channels);
    Reorder(At(conv.weight), order, 1, At(conv.weight).size() / channels);
    if (!conv.bias.empty()) Reorder(At(conv.bias), order, 1, 1);
    for (const char* part :
         {".weight", ".bias", ".running_mean", ".running_var"}) {
      Reorder(Of(norm, part), order, 1, 1);
    }
    Reorder(At(reader->weight), order,
            static_cast<std::size_t>(reader->out_channels), Taps(*reader));
  }

  std::vector<std::size_t> Shuffled(std::size_t count) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t n = count; n > 1; --n) {
      const auto other =
          static_cast<std::size_t>(rng_.Uniform() * static_cast<double>(n));
      std::swap(order[n - 1], order[std::min(other, n - 1)]);
    }
    return order;
  }
  // values [outer][order.size()][inner]: the middle axis.
  static void Reorder(Values& values, const std::vector<std::size_t>& order,
                      std::size_t outer, std::size_t inner) {
    const Values old = values;
    for (std::size_t o = 0; o < outer; ++o) {
      for (std::size_t c = 0; c < order.size(); ++c) {
        const std::size_t row = o * order.size();
        std::copy_n(&old[(row + order[c]) * inner], inner,
                    &values[(row + c) * inner]);
      }
    }
  }

  void ChangeAttention(const Node& mix, const Node& node,
                       const BatchNorm& output) {
    const Node& qkv_node = Producer(mix.inputs[1]);
    const auto& qkv = std::get<BatchNorm>(qkv_node.op);
    const Conv* reader = ReadingConv(node.output);
    const std::size_t channels = Of(output, ".weight").size();
    for (std::size_t c = 0; c < channels; ++c) {
      if (options_.attention) {
        ScaleQuery(qkv, channels, c);
        ScaleValue(qkv, output, reader, channels, c);
      }
      if (options_.shifts) {
        Shift(Of(qkv, ".bias")[channels + c], 3 * rng_.Normal());
        const double value = 3 * rng_.Normal() * Deviation(output, c);
        Shift(Of(qkv, ".bias")[2 * channels + c], value);
        Shift(Of(output, ".running_mean")[c], value);
      }
    }
    if (options_.shifts && reader != nullptr && reader->pad_top == 0 &&
        reader->pad_left == 0) {
      ShiftIntoReader(output, *reader, Reader(Reader(node.output)->output));
    }
  }

  void ScaleQuery(const BatchNorm& qkv, std::size_t channels, std::size_t c) {
    const double factor = Factor();
    ScaleNorm(qkv, c, factor);
    ScaleNorm(qkv, channels + c, 1 / factor);
  }

  void ScaleValue(const BatchNorm& qkv, const BatchNorm& output,
                  const Conv* reader, std::size_t channels, std::size_t c) {
    const double inner = Factor();
    ScaleNorm(qkv, 2 * channels + c, inner);
    Scale(Of(output, ".running_mean")[c], inner);
    Scale(Of(output, ".weight")[c], 1 / inner);
    if (reader == nullptr) return;
    const double outer = Factor();
    ScaleNorm(output, c, outer);
    ScaleInput(*reader, c, 1 / outer);
  }

  // The attention's shift into the mean of the norm behind the reader.
  void ShiftIntoReader(const BatchNorm& output, const Conv& reader,
                       const Node* behind) {
    const auto* norm =
        behind == nullptr ? nullptr : std::get_if<BatchNorm>(&behind->op);
    if (norm == nullptr) return;
    const Values& weight = At(reader.weight);
    Values& mean = Of(*norm, ".running_mean");
    Values& bias = Of(output, ".bias");
    for (std::size_t c = 0; c < bias.size(); ++c) {
      const double shift = 2 * rng_.Normal() * double{Of(output, ".weight")[c]};
      Shift(bias[c], shift);
      for (std::size_t o = 0; o < mean.size(); ++o) {
        Shift(mean[o], shift * double{weight[o * bias.size() + c]});
      }
    }
  }

  void ShiftTerms(const Node& sum) {
    const auto* a = std::get_if<BatchNorm>(&Producer(sum.inputs[0]).op);
    const auto* b = std::get_if<BatchNorm>(&Producer(sum.inputs[1]).op);
    if (a == nullptr || b == nullptr) return;
    for (std::size_t c = 0; c < Of(*a, ".bias").size(); ++c) {
      const double shift = 3 * rng_.Normal();
      Shift(Of(*a, ".bias")[c], shift);
      Shift(Of(*b, ".bias")[c], -shift);
    }
  }

  Model model_;
  Rng rng_;
  const SameFunctionOptions options_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_SAME_FUNCTION_H_
