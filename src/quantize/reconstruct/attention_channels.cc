#include "src/quantize/reconstruct/attention_channels.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "src/base/as_size.h"
#include "src/quantize/calibrate/sum_of_values.h"

namespace edge_int8 {
namespace {

const Conv* ConvBehind(const Graph& graph, TensorId tensor) {
  const auto made = std::ranges::find(graph.nodes, tensor, &Node::output);
  return made == graph.nodes.end() ? nullptr : std::get_if<Conv>(&made->op);
}

// Convolutions of one group that read `tensor`; none if anything else does.
std::vector<Conv> ConvReaders(const Graph& graph, TensorId tensor) {
  std::vector<Conv> readers;
  if (graph.output == tensor) return {};
  for (const Node& node : graph.nodes) {
    if (std::ranges::count(node.inputs, tensor) == 0) continue;
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr || conv->groups != 1) return {};
    readers.push_back(*conv);
  }
  return readers;
}

bool IsZero(std::span<const float> values) {
  return std::ranges::all_of(values, [](float v) { return v == 0; });
}

void Scale(std::span<float> values, double factor) {
  for (float& v : values) v = static_cast<float>(v * factor);
}

double Inverse(double factor) { return factor > 0 ? 1 / factor : 0; }

bool IsUnpadded(const Conv& conv) {
  return conv.pad_top == 0 && conv.pad_bottom == 0 && conv.pad_left == 0 &&
         conv.pad_right == 0;
}

// Weights [out][in][taps] that multiply input `channel`, by output.
template <class Body>
void ForInputWeights(const Conv& conv, auto& weight, int channel,
                     const Body& body) {
  const auto taps = AsSize(conv.kernel_h * conv.kernel_w);
  const std::size_t row = weight.size() / AsSize(conv.out_channels);
  for (std::size_t begin = AsSize(channel) * taps; begin < weight.size();
       begin += row) {
    body(std::span(weight).subspan(begin, taps));
  }
}

}  // namespace

std::vector<AttentionChannels> AttentionChannels::In(Model& model) {
  std::vector<AttentionChannels> found;
  for (const Node& node : model.graph.nodes) {
    if (!std::holds_alternative<AttentionMix>(node.op)) continue;
    if (ConvBehind(model.graph, node.inputs[1]) == nullptr) continue;
    found.push_back(AttentionChannels(model, node));
  }
  return found;
}

AttentionChannels::AttentionChannels(Model& model, const Node& mix)
    : model_(&model),
      conv_(*ConvBehind(model.graph, mix.inputs[1])),
      bias_(std::get<AttentionMix>(mix.op).bias),
      readers_(ConvReaders(model.graph, mix.output)),
      qkv_(mix.inputs[1]),
      mixed_(mix.output),
      channels_(conv_.out_channels / 3) {}

bool AttentionChannels::RowIsZero(int part, int channel) const {
  const std::size_t at = AsSize(part * channels_ + channel);
  const std::vector<float>& weight = model_->Parameter(conv_.weight).data;
  const std::size_t row = weight.size() / AsSize(conv_.out_channels);
  return IsZero(std::span(weight).subspan(at * row, row)) &&
         model_->Parameter(conv_.bias).data[at] == 0;
}

bool AttentionChannels::ScoresRead(int channel) const {
  return !RowIsZero(0, channel) && !RowIsZero(1, channel);
}

bool AttentionChannels::ReadersRead(int channel) const {
  if (RowIsZero(2, channel) && mix_bias()[AsSize(channel)] == 0) return false;
  bool read = false;
  for (const Conv& reader : readers_) {
    ForInputWeights(
        reader, model_->Parameter(reader.weight).data, channel,
        [&](std::span<const float> taps) { read = read || !IsZero(taps); });
  }
  return read;
}

void AttentionChannels::ScaleQuery(int channel, double factor) {
  ScaleRow(0, channel, factor);
  ScaleRow(1, channel, Inverse(factor));
}

void AttentionChannels::ScaleValue(int channel, double factor) {
  ScaleRow(2, channel, factor);
  Scale(std::span(model_->Parameter(bias_).data).subspan(AsSize(channel), 1),
        factor);
  for (const Conv& reader : readers_) {
    ForInputWeights(
        reader, model_->Parameter(reader.weight).data, channel,
        [&](std::span<float> taps) { Scale(taps, Inverse(factor)); });
  }
}

void AttentionChannels::ScaleRow(int part, int channel, double factor) {
  const std::size_t at = AsSize(part * channels_ + channel);
  std::vector<float>& weight = model_->Parameter(conv_.weight).data;
  const std::size_t row = weight.size() / AsSize(conv_.out_channels);
  Scale(std::span(weight).subspan(at * row, row), factor);
  Scale(std::span(model_->Parameter(conv_.bias).data).subspan(at, 1), factor);
}

void AttentionChannels::MoveShifts() {
  std::vector<float>& shift = model_->Parameter(conv_.bias).data;
  std::vector<float>& bias = model_->Parameter(bias_).data;
  for (std::size_t c = 0; c < bias.size(); ++c) {
    shift[bias.size() + c] = 0;
    bias[c] += std::exchange(shift[2 * bias.size() + c], 0.0f);
  }
  if (!shift_is_free()) return;
  for (const Conv& reader : readers_) MoveBiasInto(reader);
  std::ranges::fill(bias, 0.0f);
}

bool AttentionChannels::shift_is_free() const {
  return !readers_.empty() && std::ranges::all_of(readers_, IsUnpadded);
}

void AttentionChannels::SetMixBias(const std::vector<double>& bias) {
  // What the readers no longer get is added to theirs.
  std::ranges::transform(bias, mix_bias().begin(),
                         [](double b) { return static_cast<float>(-b); });
  for (const Conv& reader : readers_) MoveBiasInto(reader);
  for (float& b : mix_bias()) b = -b;
}

void AttentionChannels::MoveBiasInto(const Conv& reader) {
  const std::vector<float>& weight = model_->Parameter(reader.weight).data;
  const std::vector<float>& from = model_->Parameter(bias_).data;
  std::vector<float>& into = model_->Parameter(reader.bias).data;
  const std::size_t row = weight.size() / into.size();
  const std::size_t taps = row / from.size();
  for (std::size_t o = 0; o < into.size(); ++o) {
    const double moved = SumOfValues(row, [&](std::size_t i) {
      return static_cast<double>(weight[o * row + i]) *
             static_cast<double>(from[i / taps]);
    });
    into[o] = static_cast<float>(static_cast<double>(into[o]) + moved);
  }
}

}  // namespace edge_int8
