#include "train/commands/learning_rate.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "src/base/error.h"

namespace edge_int8::train {
namespace {

constexpr int kPatience = 3;
constexpr double kThreshold = 1e-4;
constexpr double kWarmShare = 0.3;
constexpr double kFinetuneWarmShare = 0.1;
constexpr double kStartDivisor = 25;
constexpr double kEndDivisor = 1e4;  // of the start

// From `begin` at 0 to `end` at 1.
double Cosine(double begin, double end, double share) {
  return end + (begin - end) / 2 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

std::string_view ScheduleName(ScheduleKind kind) {
  return kind == ScheduleKind::kPlateau ? "plateau" : "onecycle";
}

ScheduleKind ParseSchedule(std::string_view name) {
  if (name == "plateau") return ScheduleKind::kPlateau;
  if (name == "onecycle") return ScheduleKind::kOneCycle;
  FailUsage(fmt::format("schedule '{}' is not plateau or onecycle", name));
}

double OneCycleRate(double peak, int64_t step, int64_t total_steps) {
  const double start = peak / kStartDivisor;
  const double last = static_cast<double>(total_steps) - 1;
  const double top = kWarmShare * static_cast<double>(total_steps) - 1;
  const double at = static_cast<double>(step);
  if (at <= top) return Cosine(start, peak, at / top);
  return Cosine(peak, start / kEndDivisor,
                last > top ? (at - top) / (last - top) : 1);
}

double WarmCosineRate(double peak, int64_t step, int64_t total_steps) {
  const double at = static_cast<double>(step) + 0.5;
  const double total = static_cast<double>(total_steps);
  const double warm = kFinetuneWarmShare * total;
  if (at < warm) return peak * at / warm;
  return Cosine(peak, 0, (at - warm) / (total - warm));
}

void PlateauRate::Observe(double score) {
  if (score < best_ * (1 - kThreshold)) {
    best_ = score;
    bad_epochs_ = 0;
    return;
  }
  if (++bad_epochs_ <= kPatience) return;
  rate_ /= 2;
  bad_epochs_ = 0;
}

nlohmann::json PlateauRate::State() const {
  return {{"rate", rate_}, {"best", best_}, {"bad_epochs", bad_epochs_}};
}

void PlateauRate::Restore(const JsonPlace& state) {
  rate_ = state.At("rate").NumberIn(0, kAnyNumber);
  best_ = state.At("best").NumberIn(0, kAnyNumber);
  bad_epochs_ = static_cast<int>(state.At("bad_epochs").IntegerIn(0, 1000));
}

}  // namespace edge_int8::train
