#include "src/quantize/search/plan_ranking.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace edge_int8 {
namespace {

auto CostOf(const ScoredPlan& plan) {
  // The fit and the bits make the order total.
  return std::tuple(plan.score.bytes, plan.macs_cost, plan.fit, plan.bits);
}

// a is at most as costly as b, in both ways.
bool CostsNoMore(const ScoredPlan& a, const ScoredPlan& b) {
  return a.score.bytes <= b.score.bytes && a.macs_cost <= b.macs_cost;
}

bool Beats(const ScoredPlan& a, const ScoredPlan& b, int percent) {
  if (!CostsNoMore(a, b)) return false;
  const int order = CompareScores(a.score, b.score, percent);
  return order < 0 || (order == 0 && CostOf(a) < CostOf(b));
}

}  // namespace

bool SearchLimits::Fits(int64_t bytes, double macs_cost) const {
  return (!max_bytes || bytes <= *max_bytes) &&
         (!max_macs_cost || macs_cost <= *max_macs_cost);
}

bool SearchLimits::Meets(const ScoredPlan& plan) const {
  return plan.score.refused.empty() && Fits(plan.score.bytes, plan.macs_cost) &&
         (!min_pck || plan.score.score.Pck(percent) >= *min_pck);
}

int CompareScores(const PlanScore& a, const PlanScore& b, int percent) {
  const PairedDifference pck = PckDifference(a.files, b.files, percent);
  if (pck.Beyond(kPckErrors)) return pck.mean > 0 ? 1 : -1;
  const PairedDifference error = ErrorDifference(a.files, b.files);
  if (error.Beyond(kMeanErrors)) return error.mean < 0 ? 1 : -1;
  return 0;
}

bool Prefers(const ScoredPlan& a, const ScoredPlan& b,
             const SearchLimits& limits) {
  const bool met = limits.Meets(a);
  if (met != limits.Meets(b)) return met;
  if (a.score.refused.empty() != b.score.refused.empty()) {
    return a.score.refused.empty();
  }
  if (!a.score.refused.empty() || (met && limits.min_pck)) {
    return CostOf(a) < CostOf(b);
  }
  const int order = CompareScores(a.score, b.score, limits.percent);
  return order < 0 || (order == 0 && CostOf(a) < CostOf(b));
}

int Best(const std::vector<ScoredPlan>& plans, const SearchLimits& limits) {
  int best = -1;
  for (std::size_t p = 0; p < plans.size(); ++p) {
    if (!limits.Meets(plans[p])) continue;
    if (best < 0 ||
        Prefers(plans[p], plans[static_cast<std::size_t>(best)], limits)) {
      best = static_cast<int>(p);
    }
  }
  return best;
}

std::vector<int> ParetoFront(const std::vector<ScoredPlan>& plans,
                             int percent) {
  std::vector<int> order(plans.size());
  std::iota(order.begin(), order.end(), 0);
  const auto at = [&](int p) -> const ScoredPlan& {
    return plans[static_cast<std::size_t>(p)];
  };
  std::erase_if(order, [&](int p) { return !at(p).score.refused.empty(); });
  std::ranges::sort(order, [&](int a, int b) {
    return std::tuple(CostOf(at(a)), a) < std::tuple(CostOf(at(b)), b);
  });
  std::vector<int> front;
  for (const int p : order) {
    const bool beaten = std::ranges::any_of(order, [&](int other) {
      return other != p && Beats(at(other), at(p), percent);
    });
    if (!beaten) front.push_back(p);
  }
  return front;
}

}  // namespace edge_int8
