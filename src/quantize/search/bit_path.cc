#include "src/quantize/search/bit_path.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "src/base/error.h"
#include "src/quantize/search/bit_search.h"

namespace edge_int8 {
namespace {

// No step is free: a worth divided by nothing would outbid all others.
constexpr double kLeastCost = 1e-6;

}  // namespace

BitPath::BitPath(const BitSpace& space, std::span<const Sensitivity> measured,
                 const PathCosts& costs)
    : space_(space), costs_(costs) {
  int narrowest = 8;
  for (const Sensitivity& s : measured) {
    narrowest = std::min(narrowest, s.anchor);
  }
  for (const BitUnit& unit : space.units()) {
    steps_.emplace_back(unit.options.size() - 1);
  }
  // An activation was measured from 8 bits to each wider one: its steps are
  // differences, so these come in the order of the options.
  for (const Sensitivity& s : measured) {
    const std::size_t from = OptionOf(s.unit, s.from);
    const std::size_t to = OptionOf(s.unit, s.to);
    Step& step = steps_[s.unit][to - 1];
    double worth = s.error.mean;
    int64_t bytes = s.bytes;
    for (std::size_t n = from; n + 1 < to; ++n) {
      const Step& below = steps_[s.unit][n];
      worth -= s.anchor == narrowest ? below.low_worth : below.high_worth;
      bytes -= below.bytes;
    }
    const bool is_weight = space.units()[s.unit].kind == BitUnit::Kind::kWeight;
    const bool low = is_weight ? s.anchor == s.from : s.anchor == narrowest;
    (low ? step.low_worth : step.high_worth) = worth;
    if (!step.known) (low ? step.high_worth : step.low_worth) = worth;
    step.error = std::max(step.error, s.error.standard_error);
    step.bytes = bytes;
    step.known = true;
  }
}

std::size_t BitPath::OptionOf(std::size_t unit, int bits) const {
  const std::vector<int>& options = space_.units()[unit].options;
  const auto at = std::ranges::find(options, bits);
  Check(at != options.end(), "a unit does not have these bits");
  return static_cast<std::size_t>(at - options.begin());
}

int64_t BitPath::Bytes(const Bits& bits) const {
  int64_t bytes = costs_.low_bytes;
  for (std::size_t u = 0; u < bits.size(); ++u) {
    const std::size_t option = OptionOf(u, bits[u]);
    for (std::size_t n = 0; n < option; ++n) bytes += steps_[u][n].bytes;
  }
  return bytes;
}

double BitPath::Fraction(int64_t bytes) const {
  const auto range = static_cast<double>(costs_.high_bytes - costs_.low_bytes);
  if (!(range > 0)) return 1;
  return std::clamp(static_cast<double>(bytes - costs_.low_bytes) / range, 0.0,
                    1.0);
}

double BitPath::StepWorth(const Step& step, double fraction) const {
  return (1 - fraction) * step.low_worth + fraction * step.high_worth;
}

double BitPath::Worth(const Bits& bits) const {
  const double fraction = Fraction(Bytes(bits));
  double worth = 0;
  for (std::size_t u = 0; u < bits.size(); ++u) {
    const std::size_t option = OptionOf(u, bits[u]);
    for (std::size_t n = 0; n < option; ++n) {
      worth += StepWorth(steps_[u][n], fraction);
    }
  }
  return worth;
}

const BitPath::Step* BitPath::StepUp(const Bits& bits, std::size_t unit) const {
  const std::size_t option = OptionOf(unit, bits[unit]);
  if (option == steps_[unit].size()) return nullptr;
  const Step& step = steps_[unit][option];
  return step.known ? &step : nullptr;
}

const BitPath::Step* BitPath::StepDown(const Bits& bits,
                                       std::size_t unit) const {
  const std::size_t option = OptionOf(unit, bits[unit]);
  return option == 0 ? nullptr : &steps_[unit][option - 1];
}

Bits BitPath::Wider(const Bits& bits, std::size_t unit) const {
  Bits wider = bits;
  wider[unit] = space_.units()[unit].options[OptionOf(unit, bits[unit]) + 1];
  return wider;
}

double BitPath::StepCost(std::size_t unit, const Bits& bits) const {
  const Step* step = StepUp(bits, unit);
  const double macs =
      space_.MacsCost(Wider(bits, unit)) - space_.MacsCost(bits);
  return std::max(kLeastCost,
                  static_cast<double>(step->bytes) * costs_.byte_weight +
                      macs * costs_.macs_weight);
}

std::size_t BitPath::NextStep(
    const Bits& bits, const std::function<bool(std::size_t)>& allowed) const {
  const double fraction = Fraction(Bytes(bits));
  std::size_t best = bits.size();
  std::pair<bool, double> most;
  for (std::size_t u = 0; u < bits.size(); ++u) {
    const Step* step = StepUp(bits, u);
    if (step == nullptr || !allowed(u)) continue;
    const double worth = StepWorth(*step, fraction);
    const std::pair<bool, double> rank = {worth > step->error,
                                          worth / StepCost(u, bits)};
    if (best == bits.size() || rank > most) {
      best = u;
      most = rank;
    }
  }
  return best;
}

Bits BitPath::Narrowest() const {
  Bits bits;
  for (std::size_t u = 0; u < steps_.size(); ++u) {
    const BitUnit& unit = space_.units()[u];
    std::size_t option = 0;
    if (unit.kind == BitUnit::Kind::kWeight) {
      option = steps_[u].size();
      while (option > 0 && steps_[u][option - 1].known) --option;
    }
    bits.push_back(unit.options[option]);
  }
  return bits;
}

std::vector<Bits> BitPath::Walk(const Bits& from) const {
  std::vector<Bits> walk = {from};
  const auto any = [](std::size_t) { return true; };
  for (std::size_t u = NextStep(from, any); u < from.size();
       u = NextStep(walk.back(), any)) {
    walk.push_back(Wider(walk.back(), u));
  }
  return walk;
}

std::vector<Bits> BitPath::Improvements(const Bits& from,
                                        const Fits& fits) const {
  const double now = Worth(from);
  std::vector<std::pair<double, Bits>> moves;
  const auto add = [&](Bits bits) {
    const double gain = Worth(bits) - now;
    if (gain > 0) moves.emplace_back(-gain, std::move(bits));
  };
  for (std::size_t u = 0; u < from.size(); ++u) {
    if (StepUp(from, u) != nullptr) {
      Bits wider = Wider(from, u);
      if (fits(wider)) add(std::move(wider));
    }
    if (StepDown(from, u) == nullptr) continue;
    Bits bits = from;
    bits[u] = space_.units()[u].options[OptionOf(u, from[u]) - 1];
    const auto room = [&](std::size_t other) {
      return other != u && StepUp(bits, other)->low_worth > 0 &&
             fits(Wider(bits, other));
    };
    for (std::size_t next = NextStep(bits, room); next < bits.size();
         next = NextStep(bits, room)) {
      bits = Wider(bits, next);
    }
    if (fits(bits)) add(std::move(bits));
  }
  std::ranges::sort(moves);
  std::vector<Bits> sorted;
  for (auto& [gain, bits] : moves) sorted.push_back(std::move(bits));
  return sorted;
}

std::vector<Bits> BitPath::Savings(const Bits& from) const {
  std::vector<std::pair<double, Bits>> moves;
  const double fraction = Fraction(Bytes(from));
  for (std::size_t u = 0; u < from.size(); ++u) {
    const Step* step = StepDown(from, u);
    if (step == nullptr || !step->known) continue;
    Bits bits = from;
    bits[u] = space_.units()[u].options[OptionOf(u, from[u]) - 1];
    const double cost = StepCost(u, bits);
    moves.emplace_back(StepWorth(*step, fraction) / cost, std::move(bits));
  }
  std::ranges::sort(moves);
  std::vector<Bits> sorted;
  for (auto& [loss, bits] : moves) sorted.push_back(std::move(bits));
  return sorted;
}

}  // namespace edge_int8
