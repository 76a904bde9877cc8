#include "src/quantize/calibrate/fake_quant.h"

#include "src/base/as_size.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/ptq.h"
#include "src/quantize/calibrate/range_choice.h"

namespace edge_int8 {

FakeQuantizer::FakeQuantizer(const Graph& folded, const QGraph& qgraph,
                             const Plan& plan)
    : runs_(folded.tensors.size()), sizes_(folded.tensors.size()) {
  for (std::size_t t = 0; t < sizes_.size(); ++t) {
    sizes_[t] = static_cast<std::size_t>(
        folded.extent(static_cast<TensorId>(t)).size());
  }
  for (const Quantizer& quantizer : qgraph.quantizers) {
    const QuantizerPlan planned = quantizer.role == QuantizerRole::kInput
                                      ? InputPlan(plan)
                                      : plan.quantizers.at(quantizer.name);
    for (const TensorId id : RoundedTensors(quantizer)) {
      AddRuns(folded, quantizer, planned, id);
    }
  }
}

void FakeQuantizer::AddRuns(const Graph& folded, const Quantizer& quantizer,
                            const QuantizerPlan& planned, TensorId tensor) {
  const std::size_t t = AsSize(tensor);
  const GridSpec spec = SpecOf(quantizer, planned.bits);
  const std::size_t plane = sizes_[t] / AsSize(folded.extent(tensor).channels);
  const bool whole = tensor != quantizer.tensor;
  std::size_t width = plane * AsSize(quantizer.channels / quantizer.scales);
  if (whole) width = sizes_[t];
  std::size_t begin = whole ? 0 : plane * AsSize(quantizer.first_channel);
  for (const double scale : planned.scales) {
    runs_[t].push_back({begin, begin + width, static_cast<float>(scale),
                        static_cast<float>(1 / scale),
                        static_cast<float>(planned.zero_point - spec.low()),
                        static_cast<float>(spec.high() - spec.low())});
    begin += width;
  }
}

void FakeQuantizer::Apply(TensorId tensor, std::span<float> values) const {
  const auto t = static_cast<std::size_t>(tensor);
  for (std::size_t window = 0; window < values.size(); window += sizes_[t]) {
    for (const Run& run : runs_[t]) {
      for (std::size_t n = window + run.begin; n < window + run.end; ++n) {
        values[n] = run.Round(values[n]);
      }
    }
  }
}

void FakeQuantizer::Round(TensorId tensor, std::span<float> values) const {
  const auto& runs = runs_[static_cast<std::size_t>(tensor)];
  if (runs.empty()) return;
  const Run run = runs[0];
  for (float& value : values) value = run.Round(value);
}

Model OnWeightGrid(const Model& folded, const Plan& plan) {
  Model model = folded;
  for (const auto& [name, planned] : plan.weights) {
    std::vector<float>& weights = model.Parameter(name).data;
    const std::size_t row = weights.size() / planned.scales.size();
    std::vector<int8_t> codes(row);
    for (std::size_t o = 0; o < planned.scales.size(); ++o) {
      const std::span<float> channel = std::span(weights).subspan(o * row, row);
      QuantizeChannel(channel, planned.scales[o], WeightLimit(planned.bits),
                      codes.data());
      for (std::size_t n = 0; n < row; ++n) {
        channel[n] = static_cast<float>(codes[n] * planned.scales[o]);
      }
    }
  }
  return model;
}

}  // namespace edge_int8
