#include "src/quantize/search/rescue.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "src/base/as_size.h"
#include "src/quantize/search/site_errors.h"

namespace edge_int8 {
namespace {

// More bits for a site, as many as the integer contract allows; 0 for none.
int MoreBits(const Site& site, int bits) {
  if (bits != 8) return 0;
  if (site.role == SiteRole::kPreActivation) return 12;
  return site.role == SiteRole::kStored && !site.is_sum ? 16 : 0;
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

std::map<std::string, int> RescueSites(const Model& folded,
                                       const SiteMap& sites, const Plan& plan,
                                       const WindowSource& source,
                                       const RescueOptions& options) {
  const SiteErrorOptions measured = {.windows = options.windows,
                                     .seed = options.seed};
  const std::vector<double> errors =
      SiteErrors(folded, sites, plan, source, measured);
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
    const Site& site = sites.sites[s];
    const double share =
        left > noise ? std::min(options.least_share, options.error_share)
                     : options.error_share;
    if (errors[s] < share * all) break;
    if (site.role == SiteRole::kInput) continue;
    const int more = MoreBits(site, plan.sites.at(site.name).bits);
    const double cost = more == 16 ? shares[AsSize(site.tensor)] : 0;
    if (more == 0 || macs + cost > options.macs_share) continue;
    if (more == 12 && tables-- <= 0) continue;
    macs += cost;
    left -= errors[s];
    bits[site.name] = more;
  }
  return bits;
}

}  // namespace edge_int8
