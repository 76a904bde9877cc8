#include "src/quantize/calibrate/input_range.h"

#include <cmath>
#include <vector>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/rank_share.h"
#include "src/quantize/calibrate/range_choice.h"

namespace edge_int8 {
namespace {

constexpr GridSpec kBytes = {};
constexpr AffineGrid kAmplitudes = {1.0 / 255, 0};

}  // namespace

InputQparams ChooseInput(const CalibrationHistogram& values) {
  // Rounding alone costs a twelfth of the squared step.
  constexpr double kMostError = 2 * kAmplitudes.scale * kAmplitudes.scale / 12;
  const bool silent = values.min() == 0 && values.max() == 0;
  const bool amplitudes = values.max() >= 0.5f &&
                          GridError(values, kAmplitudes, kBytes) <= kMostError;
  if (silent || amplitudes) return {};
  const AffineGrid grid = ChooseGrid(values, kBytes, {});
  return {1 / grid.scale, grid.zero_point};
}

InputQparams ChooseInput(const WindowSource& source,
                         std::span<const int64_t> windows,
                         std::size_t window_values) {
  const int slots = ThreadCount();
  std::vector<CalibrationHistogram> seen(AsSize(slots));
  const Share mine = MyShare(std::ssize(windows));
  ParallelForSlots(mine.size(), slots, [&](int64_t n, int slot) {
    std::vector<float> values(window_values);
    source.Read(windows[AsSize(mine.first + n)], values);
    std::erase_if(values, [](float x) { return !std::isfinite(x); });
    Check(seen[AsSize(slot)].Add(values), "only finite values are left");
  });
  CalibrationHistogram all;
  for (const CalibrationHistogram& slot : seen) all.Merge(slot);
  MergeOverRanks(std::span(&all, 1));
  return ChooseInput(all);
}

}  // namespace edge_int8
