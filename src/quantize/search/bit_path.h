// Predictions from single-tensor measurements: what a step wins, what a plan
// weighs, which step pays best next. Tested by bit_path_test.cc.
//
// Errors of single tensors very nearly add, and so do their bytes. A step of a
// weight is measured twice, in the narrow uniform plan and in the wide one; a
// plan between the two takes the mean weighted by how far it is from each.
#ifndef EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_PATH_H_
#define EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_PATH_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/quantize/search/bit_space.h"

namespace edge_int8 {

struct Sensitivity;

struct PathCosts {
  int64_t low_bytes = 0;   // of the narrowest uniform plan
  int64_t high_bytes = 0;  // of the widest
  double byte_weight = 0;  // what a byte costs
  double macs_weight = 0;  // what a unit of macs cost costs
};

class BitPath {
 public:
  BitPath(const BitSpace& space, std::span<const Sensitivity> measured,
          const PathCosts& costs);

  // The artifact's bytes, predicted.
  int64_t Bytes(const Bits& bits) const;
  // Mean joint error that the plan wins over the narrowest one, predicted.
  double Worth(const Bits& bits) const;

  // Each weight at the narrowest bits from which every step up was measured,
  // activations at 8: a network that is gone says nothing about its tensors.
  Bits Narrowest() const;

  // Plans from `from` to all tensors at their widest, one step apart. Steps
  // whose worth was beyond its standard error come first, and of those the one
  // of most worth per cost. Steps that could not be measured are left out.
  std::vector<Bits> Walk(const Bits& from) const;

  using Fits = std::function<bool(const Bits&)>;
  // Plans that fit and promise more: one step, or an exchange, where one tensor
  // gets narrower and others wider in the order of Walk() while they fit. By
  // falling predicted worth.
  std::vector<Bits> Improvements(const Bits& from, const Fits& fits) const;
  // Plans one step narrower, by rising loss per cost.
  std::vector<Bits> Savings(const Bits& from) const;

 private:
  struct Step {             // options[n] to options[n + 1] of a unit
    double low_worth = 0;   // in the narrowest anchor that was measured
    double high_worth = 0;  // in the widest
    double error = 0;       // standard error of the larger one
    int64_t bytes = 0;
    bool known = false;
  };
  std::size_t OptionOf(std::size_t unit, int bits) const;
  double Fraction(int64_t bytes) const;
  double StepWorth(const Step& step, double fraction) const;
  // Of the step up from bits[unit], at least a little.
  double StepCost(std::size_t unit, const Bits& bits) const;
  // The unit whose step up is the best one, of those `allowed` takes; as many
  // as there are units when there is none.
  std::size_t NextStep(const Bits& bits,
                       const std::function<bool(std::size_t)>& allowed) const;
  Bits Wider(const Bits& bits, std::size_t unit) const;
  // The step up from bits[unit], or null when it is the widest already or its
  // step is not known.
  const Step* StepUp(const Bits& bits, std::size_t unit) const;
  const Step* StepDown(const Bits& bits, std::size_t unit) const;

  const BitSpace& space_;
  PathCosts costs_;
  std::vector<std::vector<Step>> steps_;  // by unit
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_SEARCH_BIT_PATH_H_
