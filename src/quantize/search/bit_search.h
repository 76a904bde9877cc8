// The search itself: which plans to measure, and which of them to take. It
// knows plans and their scores only; how a plan is made and scored is the
// caller's. Tested by bit_search_test.cc on scores known in closed form.
//
// 1. Anchors: the uniform plan of each weight width.
// 2. Sensitivity: each tensor alone one step wider and narrower than in the
//    anchors around that step, on the same windows.
// 3. Path: from the narrowest plan upwards, always the step that wins the most
//    error per cost (the greedy rule of the multiple-choice knapsack); some
//    plans along it are measured.
// 4. Refinement near the limit: single steps and exchanges in the order of
//    their predicted worth, each kept if the measured plan is preferred.
// 5. Finalists: the best plans and some along the front are repaired as a
//    whole and measured again. The best of these is chosen.
//
// Every decision follows from scores alone: the same scores give the same
// choice, whatever the threads, the clock or an interruption.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SEARCH_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SEARCH_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "src/quantize/search/bit_space.h"
#include "src/quantize/search/plan_ranking.h"

namespace edge_int8 {

struct BitSearchOptions {
  int path_points = 24;  // plans measured along the path
  int refinements = 64;  // at most, near the limit
  int finalists = 4;     // repaired as a whole: the preferred ones
  int front_points = 4;  // and some along the front
};

// What one tensor alone, `from` bits in a uniform plan, gains with `to` bits.
struct Sensitivity {
  std::size_t unit = 0;
  int anchor = 8;  // the uniform plan's weight bits
  int from = 8;
  int to = 8;
  int64_t bytes = 0;       // more of them
  double macs_cost = 0;    // more of it
  PairedDifference pck;    // gained
  PairedDifference error;  // lost: positive is good
};

struct SearchOutcome {
  std::vector<ScoredPlan> plans;  // in the order measured
  std::vector<Sensitivity> sensitivities;
  int chosen = -1;  // of plans; -1 when none meets the limits
};

using MeasurePlan = std::function<PlanScore(const Bits&, Fit)>;
// Told which plans are about to be measured, the nearest first, so that others
// may begin with them. Not all of them need be measured in the end, and what
// is measured in advance decides nothing before its turn.
using ExpectPlans =
    std::function<void(const std::vector<std::pair<Bits, Fit>>&)>;

SearchOutcome SearchBits(
    const BitSpace& space, const SearchLimits& limits,
    const BitSearchOptions& options, const MeasurePlan& measure,
    const ExpectPlans& expect = [](const auto&) {});

// How many plans of each fit SearchBits measures at most.
struct SearchEffort {
  int64_t mixed = 0;
  int64_t repaired = 0;
};
SearchEffort MostEffort(const BitSpace& space, const BitSearchOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_SEARCH_H_
