#include "src/quantize/search/mixed_precision.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "src/base/as_size.h"
#include "src/quantize/search/precision_budget.h"
#include "src/quantize/search/quantizer_errors.h"
#include "src/quantize/search/simulated_noise.h"

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

std::map<std::string, int> SmallWeights(const Graph& folded, double share) {
  std::map<std::string, int64_t> counts;
  double all = 0;
  for (const ParameterSpec& spec : folded.parameters) {
    counts[spec.name] = ElementCount(spec.shape);
    all += static_cast<double>(counts[spec.name]);
  }
  std::map<std::string, int> bits;
  for (const QuantizedWeight& weight : QuantizedWeights(folded)) {
    const auto count = static_cast<double>(counts.at(weight.name));
    if (count <= share * all) bits[weight.name] = 8;
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
  const std::vector<double> shares = ReaderShares(folded.graph);
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

namespace {

// Widens one tensor after another, the one that moves the output most first,
// until the simulated output is near enough to the float model's.
class PrecisionMixer {
 public:
  PrecisionMixer(const Model& folded, const QGraph& qgraph,
                 const CalibrationStats& stats, const WindowSource& source,
                 const MixedPrecisionOptions& options, PtqOptions ptq)
      : folded_(folded),
        qgraph_(qgraph),
        stats_(stats),
        source_(source),
        options_(options),
        measured_{.windows = options.windows, .seed = options.seed},
        shares_(ReaderShares(folded.graph)),
        ptq_(std::move(ptq)) {}

  Plan Mix() {
    Replan();
    const double signal = OutputVariance(folded_, source_, measured_);
    if (!(signal > 0)) return plan_;  // One window, or a constant.
    const auto allowed = [signal](double decibels) {
      return signal / std::pow(10, decibels / 10);
    };
    if (Fitted() && Judged(Noise()) <= allowed(options_.fitted_db)) {
      return plan_;
    }
    Reach(allowed(options_.target_db), options_.macs_share);
    Reach(allowed(options_.least_db), 1.0);
    return plan_;
  }

 private:
  void Replan() {
    plan_ = MakePtqPlan(folded_, qgraph_, stats_, ptq_);
    noise_.reset();
  }

  const SimulatedNoise& Noise() {
    if (!noise_) {
      noise_ = SimulateNoise(folded_, qgraph_, plan_, source_, measured_);
    }
    return *noise_;
  }
  // Whether reconstruction will take away most of what rounded weights do.
  bool Fitted() const {
    return source_.size() >= options_.fitted_windows ||
           WeightBytes(folded_.graph, plan_) >= options_.fitted_bytes;
  }
  double Judged(const SimulatedNoise& noise) const {
    return Fitted() ? noise.all - noise.weights : noise.all;
  }

  void Reach(double allowed, double macs_share) {
    // The errors' sum is not quite the simulated one; a few turns make up.
    constexpr int kTurns = 6;
    double aim = allowed;
    for (int turn = 0; turn < kTurns; ++turn) {
      const SimulatedNoise& noise = Noise();
      if (Judged(noise) <= allowed) return;
      if (errors_.empty()) {
        errors_ = QuantizerErrors(folded_, qgraph_, plan_, source_, measured_);
      }
      const double left = std::accumulate(errors_.begin(), errors_.end(), 0.0);
      // Rounded weights are not a tensor's to make up for, so what they do is
      // taken off; but finer tensors than a quarter of it change nothing.
      aim = std::min(aim, left) * 0.5;
      const double room = Fitted() ? allowed : allowed - noise.weights;
      const double goal = std::max(std::min(aim, room), 0.25 * noise.weights);
      if (!Widen(left, goal, macs_share)) return;
      Replan();
    }
  }

  // The next more bits, 0 for none.
  int NextBits(std::size_t q) const {
    const Quantizer& quantizer = qgraph_.quantizers[q];
    if (quantizer.rule != ScaleRule::kCalibrated) return 0;
    const bool table = quantizer.role == QuantizerRole::kPreActivation;
    if (!table && quantizer.role != QuantizerRole::kStored) return 0;
    const int bits = plan_.quantizers.at(quantizer.name).bits;
    if (bits == 8) return table ? 12 : 16;
    return bits == 12 ? 16 : 0;
  }

  // Until the sum of errors is down to the goal. False if nothing could be
  // widened.
  bool Widen(double left, double goal, double macs_share) {
    std::vector<std::size_t> order(errors_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      return errors_[a] > errors_[b];
    });
    bool any = false;
    for (const std::size_t q : order) {
      if (left <= goal) break;
      const int bits = NextBits(q);
      if (bits == 0 || !Affords(q, bits, macs_share)) continue;
      const int before = plan_.quantizers.at(qgraph_.quantizers[q].name).bits;
      plan_.quantizers.at(qgraph_.quantizers[q].name).bits = bits;
      ptq_.quantizer_bits_of[qgraph_.quantizers[q].name] = bits;
      const double now = errors_[q] / std::pow(4, bits - before);
      left -= errors_[q] - now;
      errors_[q] = now;
      any = true;
    }
    return any;
  }

  bool Affords(std::size_t q, int bits, double macs_share) {
    const Quantizer& quantizer = qgraph_.quantizers[q];
    Plan plan = plan_;
    plan.quantizers.at(quantizer.name).bits = bits;
    const int64_t bytes = WideBytes(folded_.graph, qgraph_, plan);
    if (bytes > WideBytes(folded_.graph, qgraph_, plan_) &&
        bytes > TableBudget(folded_.graph, plan)) {
      return false;
    }
    if (quantizer.role != QuantizerRole::kStored) return true;
    double macs = ReaderShare(quantizer, shares_);
    if (macs == 0 || macs_share >= 1) return true;
    for (const Quantizer& other : qgraph_.quantizers) {
      if (other.role == QuantizerRole::kStored &&
          other.rule == ScaleRule::kCalibrated &&
          plan_.quantizers.at(other.name).bits == 16) {
        macs += ReaderShare(other, shares_);
      }
    }
    return macs <= macs_share;
  }

  const Model& folded_;
  const QGraph& qgraph_;
  const CalibrationStats& stats_;
  const WindowSource& source_;
  const MixedPrecisionOptions& options_;
  const QuantizerErrorOptions measured_;
  const std::vector<double> shares_;
  PtqOptions ptq_;
  Plan plan_;
  std::vector<double> errors_;           // by quantizer, as its bits are now
  std::optional<SimulatedNoise> noise_;  // of plan_
};

}  // namespace

int64_t TableBudget(const Graph& folded, const Plan& plan) {
  // A tenth of a file of 100 kB and more; a small network needs its tables more
  // than its bytes.
  const int64_t weights = WeightBytes(folded, plan);
  constexpr int64_t kSmall = 100'000;
  return weights >= kSmall ? weights / 11 : int64_t{32} << 10;
}

Plan MixPrecision(const Model& folded, const QGraph& qgraph,
                  const CalibrationStats& stats, const WindowSource& source,
                  const PtqOptions& ptq, const MixedPrecisionOptions& options) {
  PtqOptions mixed = ptq;
  const Plan start = MakePtqPlan(folded, qgraph, stats, ptq);
  for (const auto& [name, bits] :
       ChooseMixedPrecision(folded, qgraph, start, source, options)) {
    mixed.quantizer_bits_of[name] = bits;
  }
  return PrecisionMixer(folded, qgraph, stats, source, options,
                        std::move(mixed))
      .Mix();
}

}  // namespace edge_int8
