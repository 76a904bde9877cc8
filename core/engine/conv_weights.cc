#include "core/engine/conv_weights.h"

#include <cstring>

namespace edge_int8::core {

void BlockWeights::Set(int32_t offset, int32_t column, int8_t weight) {
  if (weight == 0) return;
  std::vector<int8_t>& row = rows_[offset];
  row.resize(static_cast<std::size_t>(columns_));
  row[static_cast<std::size_t>(column)] = weight;
}

int64_t BlockWeights::SumOfColumn(int32_t column) const {
  int64_t sum = 0;
  for (const auto& [offset, row] : rows_) {
    sum += row[static_cast<std::size_t>(column)];
  }
  return sum;
}

std::vector<int32_t> BlockWeights::Steps() const {
  std::vector<int32_t> steps;
  for (const auto& [offset, row] : rows_) {
    if (steps.empty() || offset >= steps.back() + kStepBytes) {
      steps.push_back(offset);
    }
  }
  return steps;
}

StepSharing BlockWeights::Share() const {
  const std::vector<int32_t> steps = Steps();
  std::vector<std::vector<PanelStep>> by_panel(
      static_cast<std::size_t>(panels()));
  for (std::vector<PanelStep>& panel : by_panel) panel.resize(steps.size());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const auto end = rows_.lower_bound(steps[s] + kStepBytes);
    for (auto row = rows_.lower_bound(steps[s]); row != end; ++row) {
      for (int32_t c = 0; c < columns_; ++c) {
        const int32_t at = Place(c % kPanel, row->first - steps[s]);
        by_panel[static_cast<std::size_t>(c / kPanel)][s].weights[at] =
            row->second[static_cast<std::size_t>(c)];
      }
    }
  }
  return StepSharing(steps, by_panel);
}

std::size_t BlockWeights::PackedBytes() const {
  const std::size_t per_step =
      kPanel * static_cast<std::size_t>(values_per_step()) * (words() ? 2 : 1);
  return static_cast<std::size_t>(panels()) * Steps().size() * per_step;
}

// Where a weight lies inside its panel's step, counted in weights.
int32_t BlockWeights::Place(int32_t column, int32_t value) const {
  return column * values_per_step() + value;
}

void BlockWeights::Pack(const StepSharing& sharing, std::byte* out) const {
  const std::vector<int32_t> steps = Steps();
  const std::size_t panel_bytes =
      PackedBytes() / static_cast<std::size_t>(panels());
  for (std::size_t s = 0; s < steps.size(); ++s) {
    const auto first = rows_.lower_bound(steps[s]);
    const auto end = rows_.lower_bound(steps[s] + kStepBytes);
    for (auto row = first; row != end; ++row) {
      const int32_t value = (row->first - steps[s]) / value_bytes_;
      for (int32_t c = 0; c < columns_; ++c) {
        const auto panel = static_cast<std::size_t>(c / kPanel);
        const std::size_t slot =
            shares_steps() ? static_cast<std::size_t>(sharing.slot(panel, s))
                           : s;
        std::byte* step =
            out + panel * panel_bytes + slot * (panel_bytes / steps.size());
        const int16_t wide = row->second[static_cast<std::size_t>(c)];
        const auto at = static_cast<std::size_t>(Place(c % kPanel, value));
        if (words()) {
          std::memcpy(step + at * sizeof(wide), &wide, sizeof(wide));
        } else {
          step[at] = static_cast<std::byte>(wide);
        }
      }
    }
  }
}

}  // namespace edge_int8::core
