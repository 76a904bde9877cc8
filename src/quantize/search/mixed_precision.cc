#include "src/quantize/search/mixed_precision.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "src/base/as_size.h"
#include "src/quantize/search/quantizer_errors.h"

namespace edge_int8 {
namespace {

// More bits for a quantizer, as many as the integer contract allows; 0 for
// none.
int MoreBits(const Quantizer& quantizer, int bits) {
  if (bits != 8) return 0;
  if (quantizer.role == QuantizerRole::kPreActivation) return 12;
  return quantizer.role == QuantizerRole::kStored && !quantizer.is_sum ? 16 : 0;
}

}  // namespace

std::vector<double> ConvShares(const Graph& folded) {
  const auto total = static_cast<double>(CountMacs(folded).kept);
  std::vector<double> shares(folded.tensors.size());
  for (auto node = folded.nodes.rbegin(); node != folded.nodes.rend(); ++node) {
    for (const TensorId id : node->inputs) {
      if (std::holds_alternative<Transpose>(node->op)) {
        shares[AsSize(id)] += shares[AsSize(node->output)];
      } else if (std::holds_alternative<Conv>(node->op)) {
        shares[AsSize(id)] +=
            static_cast<double>(CountMacs(folded, *node).kept) / total;
      }
    }
  }
  return shares;
}

std::map<std::string, int> SmallWeights(const Graph& folded, double share) {
  std::map<std::string, int64_t> counts;
  double all = 0;
  for (const ParameterSpec& spec : folded.parameters) {
    counts[spec.name] = ElementCount(spec.shape);
    all += static_cast<double>(counts[spec.name]);
  }
  std::map<std::string, int> bits;
  for (const Node& node : folded.nodes) {
    const auto* conv = std::get_if<Conv>(&node.op);
    if (conv == nullptr) continue;
    const auto count = static_cast<double>(counts.at(conv->weight));
    if (count <= share * all) bits[conv->weight] = 8;
  }
  return bits;
}

std::map<std::string, int> ChooseMixedPrecision(
    const Model& folded, const QGraph& qgraph, const Plan& plan,
    const WindowSource& source, const MixedPrecisionOptions& options) {
  const QuantizerErrorOptions measured = {.windows = options.windows,
                                          .seed = options.seed};
  const std::vector<double> errors =
      QuantizerErrors(folded, qgraph, plan, source, measured);
  const double all = std::accumulate(errors.begin(), errors.end(), 0.0);
  std::vector<std::size_t> order(errors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return errors[a] > errors[b];
  });
  const std::vector<double> shares = ConvShares(folded.graph);
  std::map<std::string, int> bits;
  const double noise =
      options.noise_share * OutputVariance(folded, source, measured);
  double left = all;
  double macs = 0;
  int tables = options.tables;
  for (const std::size_t s : order) {
    const Quantizer& quantizer = qgraph.quantizers[s];
    const double share =
        left > noise ? std::min(options.least_share, options.error_share)
                     : options.error_share;
    if (errors[s] < share * all) break;
    if (quantizer.role == QuantizerRole::kInput) continue;
    const int more =
        MoreBits(quantizer, plan.quantizers.at(quantizer.name).bits);
    const double cost = more == 16 ? shares[AsSize(quantizer.tensor)] : 0;
    if (more == 0 || macs + cost > options.macs_share) continue;
    if (more == 12 && tables-- <= 0) continue;
    macs += cost;
    left -= errors[s];
    bits[quantizer.name] = more;
  }
  return bits;
}

}  // namespace edge_int8
