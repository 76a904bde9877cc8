#include "src/quantize/search/bit_search.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/quantize/search/bit_path.h"

namespace edge_int8 {
namespace {

// An anchor whose PCK is below this share of the widest one's says nothing
// about single tensors: the network is gone.
constexpr double kAliveShare = 0.5;

class Search {
 public:
  Search(const BitSpace& space, const SearchLimits& limits,
         const BitSearchOptions& options, const MeasurePlan& measure,
         const ExpectPlans& expect)
      : space_(space),
        limits_(limits),
        options_(options),
        measure_(measure),
        expect_(expect) {}

  SearchOutcome Run() {
    MeasureAnchors();
    MeasureTensors();
    WalkPath();
    Refine();
    const std::vector<int> finalists = RepairFinalists();
    outcome_.chosen = Choose(finalists);
    return std::move(outcome_);
  }

 private:
  const ScoredPlan& At(int plan) const { return outcome_.plans[AsSize(plan)]; }

  // A uniform plan is its own repair.
  Fit FitOf(const Bits& bits, Fit fit) const {
    for (const int width : space_.weight_bits()) {
      if (bits == space_.Uniform(width)) return Fit::kRepaired;
    }
    return fit;
  }

  void Expect(const std::vector<Bits>& plans, Fit fit) const {
    std::vector<std::pair<Bits, Fit>> unknown;
    for (const Bits& bits : plans) {
      std::pair<Bits, Fit> plan(bits, FitOf(bits, fit));
      if (!known_.contains(plan)) unknown.push_back(std::move(plan));
    }
    expect_(unknown);
  }

  // Index of the plan among those measured, measuring it if it is new.
  int Measure(const Bits& bits, Fit fit) {
    fit = FitOf(bits, fit);
    const auto [found, is_new] =
        known_.try_emplace({bits, fit}, std::ssize(outcome_.plans));
    if (is_new) {
      outcome_.plans.push_back(
          {bits, fit, space_.MacsCost(bits), measure_(bits, fit)});
    }
    return static_cast<int>(found->second);
  }

  bool Alive(int anchor) const {
    const PlanScore& score = At(anchor).score;
    const PlanScore& widest = At(anchors_.rbegin()->second).score;
    if (!score.refused.empty()) return false;
    return score.score.Pck(limits_.percent) >=
           kAliveShare * widest.score.Pck(limits_.percent);
  }

  void MeasureAnchors() {
    std::vector<Bits> uniform;
    for (const int width : space_.weight_bits()) {
      uniform.push_back(space_.Uniform(width));
    }
    Expect(uniform, Fit::kRepaired);
    for (const int width : space_.weight_bits()) {
      anchors_[width] = Measure(space_.Uniform(width), Fit::kRepaired);
    }
    const std::string& refused = At(anchors_.rbegin()->second).score.refused;
    if (!refused.empty()) FailInput("search: all tensors at 8 bits", refused);
  }

  // Calls body(unit, width, anchor, bits) for each step of a tensor alone.
  template <typename Body>
  void ForEachStep(const Body& body) const {
    for (const auto& [width, anchor] : anchors_) {
      if (!Alive(anchor)) continue;
      for (std::size_t u = 0; u < space_.units().size(); ++u) {
        for (const int bits : Neighbours(u, width)) {
          body(u, width, anchor, bits);
        }
      }
    }
  }

  void MeasureTensors() {
    std::vector<Bits> all;
    ForEachStep([&](std::size_t u, int, int anchor, int bits) {
      all.push_back(At(anchor).bits);
      all.back()[u] = bits;
    });
    Expect(all, Fit::kMixed);
    ForEachStep([&](std::size_t u, int width, int anchor, int bits) {
      MeasureTensor(u, width, anchor, bits);
    });
  }

  // The bits of a unit to try in the anchor of this width: for a weight the
  // next ones, for an activation all that are wider, at both ends only.
  std::vector<int> Neighbours(std::size_t u, int width) const {
    const BitUnit& unit = space_.units()[u];
    if (unit.kind == BitUnit::Kind::kActivation) {
      if (width != 8 && width != NarrowestAlive()) return {};
      return {unit.options.begin() + 1, unit.options.end()};
    }
    std::vector<int> next;
    const auto at = std::ranges::find(unit.options, width);
    if (at != unit.options.begin()) next.push_back(*(at - 1));
    if (at + 1 != unit.options.end()) next.push_back(*(at + 1));
    return next;
  }

  int NarrowestAlive() const {
    for (const auto& [width, anchor] : anchors_) {
      if (Alive(anchor)) return width;
    }
    return 8;
  }

  void MeasureTensor(std::size_t u, int width, int anchor, int bits) {
    Bits changed = At(anchor).bits;
    const int was = changed[u];
    changed[u] = bits;
    const int plan = Measure(changed, Fit::kMixed);
    if (!At(plan).score.refused.empty()) return;
    const bool wider = bits > was;
    const ScoredPlan& low = At(wider ? anchor : plan);
    const ScoredPlan& high = At(wider ? plan : anchor);
    outcome_.sensitivities.push_back(
        {u, width, std::min(was, bits), std::max(was, bits),
         high.score.bytes - low.score.bytes, high.macs_cost - low.macs_cost,
         PckDifference(low.score.files, high.score.files, limits_.percent),
         ErrorDifference(high.score.files, low.score.files)});
  }

  BitPath MakePath() const {
    const ScoredPlan& low = At(anchors_.begin()->second);
    const ScoredPlan& high = At(anchors_.rbegin()->second);
    PathCosts costs;
    costs.low_bytes = low.score.bytes;
    costs.high_bytes = high.score.bytes;
    costs.byte_weight =
        limits_.max_bytes || !limits_.max_macs_cost
            ? 1 / static_cast<double>(
                      limits_.max_bytes.value_or(high.score.bytes))
            : 0;
    costs.macs_weight = limits_.max_macs_cost ? 1 / *limits_.max_macs_cost : 0;
    return BitPath(space_, outcome_.sensitivities, costs);
  }

  // Whether a plan like this one would keep to the sizes asked for.
  bool PredictedToFit(const BitPath& path, const Bits& bits) const {
    return limits_.Fits(path.Bytes(bits), space_.MacsCost(bits));
  }

  void WalkPath() {
    const BitPath path = MakePath();
    const std::vector<Bits> walk = path.Walk(path.Narrowest());
    const auto last = std::ssize(walk) - 1;
    std::set<int64_t> stops;
    const int points = std::max(options_.path_points, 2);
    for (int64_t p = 0; p < points; ++p) {
      stops.insert(last * p / (points - 1));
    }
    for (int64_t n = last; n >= 0; --n) {
      if (PredictedToFit(path, walk[AsSize(n)])) {
        stops.insert(n);
        break;
      }
    }
    std::vector<Bits> plans;
    for (const int64_t stop : stops) plans.push_back(walk[AsSize(stop)]);
    Expect(plans, Fit::kMixed);
    for (const Bits& bits : plans) Measure(bits, Fit::kMixed);
  }

  // Best() among all, those outside the limits of size left out. When min_pck
  // is out of reach, what comes nearest to it.
  int BestMeasured() const {
    const int best = Best(outcome_.plans, limits_);
    if (best >= 0 || !limits_.min_pck) return best;
    SearchLimits sizes = limits_;
    sizes.min_pck.reset();
    return Best(outcome_.plans, sizes);
  }

  void Refine() {
    const BitPath path = MakePath();
    int current = BestMeasured();
    if (current < 0) return;
    for (int left = options_.refinements; left > 0;) {
      bool moved = false;
      const std::vector<Bits> moves = Moves(path, current);
      Expect(moves, Fit::kMixed);
      for (const Bits& bits : moves) {
        if (left == 0) break;
        if (known_.contains({bits, Fit::kMixed})) continue;
        --left;
        const int plan = Measure(bits, Fit::kMixed);
        if (!Prefers(At(plan), At(current), limits_)) continue;
        current = plan;
        moved = true;
        break;
      }
      if (!moved) return;
    }
  }

  // Once the asked PCK is reached, smaller is what counts.
  std::vector<Bits> Moves(const BitPath& path, int current) const {
    const ScoredPlan& plan = At(current);
    if (limits_.min_pck && limits_.Meets(plan)) return path.Savings(plan.bits);
    return path.Improvements(plan.bits, [&](const Bits& bits) {
      return PredictedToFit(path, bits);
    });
  }

  // The preferred plans and some of the front, repaired as a whole. Returns
  // the plans that may be chosen.
  std::vector<int> RepairFinalists() {
    std::vector<Bits> chosen;
    std::vector<ScoredPlan> left = outcome_.plans;
    SearchLimits limits = limits_;
    if (Best(left, limits) < 0) limits.min_pck.reset();
    while (std::ssize(chosen) < options_.finalists) {
      const int best = Best(left, limits);
      if (best < 0) break;
      chosen.push_back(left[AsSize(best)].bits);
      left.erase(left.begin() + best);
    }
    Expect(chosen, Fit::kRepaired);
    std::vector<int> finalists;
    for (const Bits& bits : chosen) {
      const auto mixed = known_.find({bits, Fit::kMixed});
      if (mixed != known_.end()) {
        finalists.push_back(static_cast<int>(mixed->second));
      }
      finalists.push_back(Measure(bits, Fit::kRepaired));
    }
    RepairFront();
    for (int p = 0; p < std::ssize(outcome_.plans); ++p) {
      if (At(p).fit == Fit::kRepaired &&
          std::ranges::count(finalists, p) == 0) {
        finalists.push_back(p);
      }
    }
    std::ranges::sort(finalists);
    return finalists;
  }

  void RepairFront() {
    const std::vector<int> front = ParetoFront(outcome_.plans, limits_.percent);
    std::vector<int> mixed;
    for (const int p : front) {
      if (At(p).fit == Fit::kMixed) mixed.push_back(p);
    }
    const auto count =
        std::min<int64_t>(options_.front_points, std::ssize(mixed));
    std::vector<Bits> plans;
    for (int64_t n = 0; n < count; ++n) {
      plans.push_back(
          At(mixed[AsSize((2 * n + 1) * std::ssize(mixed) / (2 * count))])
              .bits);
    }
    Expect(plans, Fit::kRepaired);
    for (const Bits& bits : plans) Measure(bits, Fit::kRepaired);
  }

  int Choose(const std::vector<int>& finalists) const {
    std::vector<ScoredPlan> plans;
    for (const int p : finalists) plans.push_back(At(p));
    const int best = Best(plans, limits_);
    // No finalist meets the limits, another plan may.
    return best < 0 ? Best(outcome_.plans, limits_) : finalists[AsSize(best)];
  }

  const BitSpace& space_;
  const SearchLimits& limits_;
  const BitSearchOptions& options_;
  const MeasurePlan& measure_;
  const ExpectPlans& expect_;
  SearchOutcome outcome_;
  std::map<std::pair<Bits, Fit>, int64_t> known_;
  std::map<int, int> anchors_;  // plan by weight bits
};

}  // namespace

SearchOutcome SearchBits(const BitSpace& space, const SearchLimits& limits,
                         const BitSearchOptions& options,
                         const MeasurePlan& measure,
                         const ExpectPlans& expect) {
  return Search(space, limits, options, measure, expect).Run();
}

SearchEffort MostEffort(const BitSpace& space,
                        const BitSearchOptions& options) {
  int64_t weights = 0;
  int64_t activations = 0;
  for (const BitUnit& unit : space.units()) {
    const auto steps = std::ssize(unit.options) - 1;
    (unit.kind == BitUnit::Kind::kWeight ? weights : activations) += 2 * steps;
  }
  return {weights + activations + options.path_points + 1 + options.refinements,
          std::ssize(space.weight_bits()) + options.finalists +
              options.front_points};
}

}  // namespace edge_int8
