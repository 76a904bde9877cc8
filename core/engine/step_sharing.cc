#include "core/engine/step_sharing.h"

#include <algorithm>
#include <numeric>

namespace edge_int8::core {
namespace {

constexpr int32_t kMaxLaneSum = 258;  // times 127 it fits 16 bits
constexpr int32_t kMaxRun = 8;
constexpr int kLanes = kPanel * kStepBytes / 2;

// The sums of positive and of negative weights in each 16-bit lane.
struct LaneSums {
  int16_t positive[kLanes];
  int16_t negative[kLanes];
  int32_t size = 0;  // of all weights

  explicit LaneSums(const PanelStep& step) {
    for (int lane = 0; lane < kLanes; ++lane) {
      const int32_t a = step.weights[2 * lane], b = step.weights[2 * lane + 1];
      positive[lane] = static_cast<int16_t>(std::max(a, 0) + std::max(b, 0));
      negative[lane] = static_cast<int16_t>(std::max(-a, 0) + std::max(-b, 0));
      size += positive[lane] + negative[lane];
    }
  }
};

bool Fit(const LaneSums& a, const LaneSums& b) {
  bool fit = true;
  for (int lane = 0; lane < kLanes; ++lane) {
    fit &= a.positive[lane] + b.positive[lane] <= kMaxLaneSum;
    fit &= a.negative[lane] + b.negative[lane] <= kMaxLaneSum;
  }
  return fit;
}

}  // namespace

StepSharing::StepSharing(const std::vector<int32_t>& steps,
                         const std::vector<std::vector<PanelStep>>& panels)
    : steps_(steps.size()) {
  for (const std::vector<PanelStep>& panel : panels) AddPanel(steps, panel);
  AddRuns(steps);
}

// Greedy: the largest step takes the largest partner that fits.
void StepSharing::AddPanel(const std::vector<int32_t>& steps,
                           const std::vector<PanelStep>& panel) {
  const std::vector<LaneSums> sums(panel.begin(), panel.end());
  std::vector<std::size_t> left(panel.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  std::stable_sort(left.begin(), left.end(),
                   [&](auto a, auto b) { return sums[a].size > sums[b].size; });
  std::vector<std::size_t> slots, alone;
  while (!left.empty()) {
    const std::size_t first = left.front();
    left.erase(left.begin());
    const auto partner = std::find_if(
        left.begin(), left.end(),
        [&](std::size_t other) { return Fit(sums[first], sums[other]); });
    if (partner == left.end()) {
      alone.push_back(first);
      continue;
    }
    slots.push_back(first);
    slots.push_back(*partner);
    left.erase(partner);
  }
  pairs_.push_back(static_cast<int32_t>(slots.size() / 2));
  slots.insert(slots.end(), alone.begin(), alone.end());
  const std::size_t base = slots_.size();
  slots_.resize(base + steps_);
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    offsets_.push_back(steps[slots[slot]]);
    slots_[base + slots[slot]] = static_cast<int32_t>(slot);
  }
}

void StepSharing::AddRuns(const std::vector<int32_t>& steps) {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    if (s > 0 && steps[s] == steps[s - 1] + kStepBytes &&
        runs_.back().count < kMaxRun) {
      ++runs_.back().count;
    } else {
      runs_.push_back({static_cast<int32_t>(s), 1});
    }
  }
}

StepOrder StepSharing::order() const {
  return {offsets_.data(), slots_.data(), pairs_.data(), runs_.data(),
          static_cast<int32_t>(runs_.size())};
}

}  // namespace edge_int8::core
