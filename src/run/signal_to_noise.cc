#include "src/run/signal_to_noise.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/notice.h"
#include "src/eval/predictor.h"
#include "src/pose/chosen_windows.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
std::optional<double> SignalToNoise(std::span<const float> outputs,
                                    std::span<const float> reference,
                                    int64_t windows) {
  if (windows == 0) return std::nullopt;
  const std::size_t each = reference.size() / AsSize(windows);
  double signal = 0;
  double noise = 0;
  for (std::size_t output = 0; output < each; ++output) {
    double mean = 0;
    for (std::size_t n = output; n < reference.size(); n += each) {
      mean += static_cast<double>(reference[n]) / static_cast<double>(windows);
    }
    for (std::size_t n = output; n < reference.size(); n += each) {
      const auto value = static_cast<double>(reference[n]);
      signal += (value - mean) * (value - mean);
      noise += (outputs[n] - value) * (outputs[n] - value);
    }
  }
  const double ratio = 10 * std::log10(signal / noise);
  return std::isfinite(ratio) ? std::optional(ratio) : std::nullopt;
}

void WarnOfNoise(const Model& folded, const core::IntegerGraph& graph,
                 const WindowSource& source, int64_t windows, uint64_t seed) {
  const ChosenWindows chosen(source,
                             SpreadWindows(source.size(), windows, seed));
  const std::vector<float> exact =
      PredictAll(*MakeFloatPredictor(folded), chosen, "compare with fp32");
  const std::vector<float> outputs =
      PredictAll(*MakeIntegerPredictor(graph, IsaFromEnvironment()), chosen,
                 "compare with fp32");
  const std::optional<double> ratio =
      SignalToNoise(outputs, exact, chosen.size());
  if (!ratio || *ratio >= kUsualSignalToNoise) return;
  SayNote(fmt::format(
      "on {} calibration windows the integers' outputs are {:.1f} dB from "
      "fp32's, where {} and more are usual: edge-int8 explain says which "
      "tensors lose it",
      chosen.size(), *ratio, kUsualSignalToNoise));
}

}  // namespace edge_int8
