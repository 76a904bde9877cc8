// Which of two measured plans a search prefers. Tested by plan_ranking_test.cc.
//
// Scores of a few thousand windows are noisy, but two plans are scored on the
// same windows, so their difference is known far better than either. A plan is
// better when its PCK is, by more than two standard errors of the difference;
// where PCK can't tell them apart, when its mean joint error is lower by more
// than one; and where that can't either, when it costs less.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_PLAN_RANKING_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_PLAN_RANKING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/pose/file_sums.h"
#include "src/pose/pose_metric.h"
#include "src/quantize/search/bit_space.h"

namespace edge_int8 {

inline constexpr double kPckErrors = 2;
inline constexpr double kMeanErrors = 1;

// How a plan's weights were made.
enum class Fit {
  kMixed,    // each tensor as the repair of a uniform plan left it
  kRepaired  // by a repair of this very plan
};

// What scoring a plan on validation windows gave.
struct PlanScore {
  int64_t bytes = 0;  // of the artifact
  Score score;
  std::vector<FileSums> files;
  // Why the plan can't be lowered, where it can't: nothing else is set then.
  std::string refused;
};

struct ScoredPlan {
  Bits bits;
  Fit fit = Fit::kMixed;
  double macs_cost = 1;
  PlanScore score;
};

struct SearchLimits {
  std::optional<int64_t> max_bytes;
  std::optional<double> max_macs_cost;
  std::optional<double> min_pck;  // a fraction, of `percent`
  int percent = 20;               // the PCK that decides

  bool Fits(int64_t bytes, double macs_cost) const;  // the first two
  bool Meets(const ScoredPlan& plan) const;          // all three
};

// < 0 when a's score is better than b's, 0 when the windows can't tell.
int CompareScores(const PlanScore& a, const PlanScore& b, int percent);

// Whether the search takes a rather than b. One that meets the limits beats
// one that doesn't. With min_pck the smaller one of two that reach it wins, by
// bytes, else by macs cost; otherwise the better score. A strict order of any
// two plans that differ, though not a transitive one: rank by Best().
bool Prefers(const ScoredPlan& a, const ScoredPlan& b,
             const SearchLimits& limits);

// Index of the plan that is preferred to the last preferred one, in order;
// refused plans and such that miss a limit are skipped; -1 when none is left.
int Best(const std::vector<ScoredPlan>& plans, const SearchLimits& limits);

// Indices of plans, by ascending bytes, that no other plan beats: one of at
// most as many bytes and macs cost, not all equal, whose score is better, or
// can't be told apart and costs less.
std::vector<int> ParetoFront(const std::vector<ScoredPlan>& plans, int percent);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_PLAN_RANKING_H_
