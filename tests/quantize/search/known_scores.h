// Plans of the small graph with scores in closed form: every tensor adds its
// own loss to the error and its own bytes to the file, so that the best plan
// under a limit can be found by trying all of them.
#ifndef EDGE_INT8_TESTS_QUANTIZE_SEARCH_KNOWN_SCORES_H_
#define EDGE_INT8_TESTS_QUANTIZE_SEARCH_KNOWN_SCORES_H_

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/quantize/search/bit_search.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {

// SmallGraph: 4 weights of {4, 8} bits, then 4 activations of 8 or more.
struct KnownScores {
  explicit KnownScores(const BitOptions& options = {})
      : graph(SmallGraph()), space(graph, BuildQGraph(graph), options) {}

  // Joint errors and bytes that a unit adds with so many bits.
  double Loss(std::size_t unit, int bits) const {
    const double at_eight = loss[unit % loss.size()];
    return at_eight * (bits == 2   ? 400
                       : bits == 3 ? 8
                       : bits == 4 ? 4
                       : bits == 8 ? 1
                                   : 0.5);
  }
  int64_t Bytes(std::size_t unit, int bits) const {
    const auto u = static_cast<int64_t>(unit);
    return space.units()[unit].kind == BitUnit::Kind::kWeight
               ? (100 + 37 * u) * (bits == 8 ? 2 : 1)
               : (bits == 8 ? 0 : 10 + u);
  }
  PlanScore Score(const Bits& bits) const {
    PlanScore score;
    double lost = 0;
    score.bytes = 1000;
    for (std::size_t u = 0; u < bits.size(); ++u) {
      lost += Loss(u, bits[u]);
      score.bytes += Bytes(u, bits[u]);
    }
    // Three files that differ, so that differences have a spread.
    int64_t joints = 0;
    int64_t all_hits = 0;
    for (int f = 0; f < 3; ++f) {
      FileSums sums{f, 15000, {}, 100 + lost * (1 + 0.01 * f)};
      const int64_t hits =
          std::max<int64_t>(0, 14900 - static_cast<int64_t>(lost * 2));
      sums.hits.fill(hits);
      joints += sums.joints;
      all_hits += hits;
      score.files.push_back(sums);
    }
    score.score.pck.fill(static_cast<double>(all_hits) /
                         static_cast<double>(joints));
    return score;
  }

  SearchOutcome Search(const SearchLimits& limits,
                       const BitSearchOptions& options = {}) {
    return SearchBits(space, limits, options,
                      [this](const Bits& bits, Fit fit) {
                        measured.emplace_back(bits, fit);
                        PlanScore score = Score(bits);
                        if (refuse && refuse(bits)) {
                          score = {};
                          score.refused = "could overflow";
                        }
                        return score;
                      });
  }

  std::vector<Bits> AllPlans() const {
    std::vector<Bits> plans = {{}};
    for (const BitUnit& unit : space.units()) {
      std::vector<Bits> longer;
      for (const Bits& plan : plans) {
        for (const int bits : unit.options) {
          longer.push_back(plan);
          longer.back().push_back(bits);
        }
      }
      plans = std::move(longer);
    }
    return plans;
  }
  double LossOf(const Bits& bits) const {
    double lost = 0;
    for (std::size_t u = 0; u < bits.size(); ++u) lost += Loss(u, bits[u]);
    return lost;
  }

  Graph graph;
  BitSpace space;
  std::vector<double> loss = {3, 40, 5, 11, 2, 7, 13, 1};
  std::function<bool(const Bits&)> refuse;
  std::vector<std::pair<Bits, Fit>> measured;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_QUANTIZE_SEARCH_KNOWN_SCORES_H_
