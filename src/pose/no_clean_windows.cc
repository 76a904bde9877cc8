#include "src/pose/no_clean_windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "src/pose/corruption.h"
#include "src/pose/dataset_files.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {

std::string UnscaledAmplitudes(const Dataset& dataset) {
  if (dataset.target_mode() == TargetMode::kPairs) return "";
  const WindowScan& scan = dataset.Scan();
  const float largest =
      std::max(std::fabs(scan.value_min), std::fabs(scan.value_max));
  const bool all =
      std::ranges::all_of(scan.corrupt, [](uint8_t bad) { return bad != 0; });
  if (!all || largest <= kLargestGoodValue) return "";
  const auto windows = static_cast<int64_t>(scan.corrupt.size());
  if (scan.value_min < -kLargestGoodValue) {
    return fmt::format(
        "; all {} windows exceed {:g} and the values run from {:.4g} to "
        "{:.4g}: "
        "CSI is expected as amplitudes in [0, 1]. Decibels become amplitudes "
        "by "
        "10 ** (x / 20), components by their absolute value, before all are "
        "divided by the number that the training divided by",
        windows, kLargestGoodValue, scan.value_min, scan.value_max);
  }
  return fmt::format(
      "; all {} windows exceed {:g} and the values reach {:.4g}: CSI is "
      "expected in [0, 1], divide it by the number that the training divided "
      "by, such as the largest: {}",
      windows, kLargestGoodValue, largest,
      RewriteCommand((dataset.folder() / kWindowFile).string(),
                     {windows, kSubcarriers, kFrames},
                     fmt::format("x[i] / {:.6g}", largest)));
}

}  // namespace edge_int8
