#include "core/engine/peak.h"

#include <algorithm>
#include <chrono>

#include "core/kernels/kernels.h"

namespace edge_int8::core {

double MeasurePeakMacsPerSecond(Isa isa) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kRounds = 2000;  // 10 to 200 us a burst
  constexpr auto kTogether = std::chrono::milliseconds(50);
  const KernelTable* kernels = FindKernels(isa);
  if (kernels == nullptr) return 0;
  double best = 0;
  int32_t sink = 0;
  const Clock::time_point start = Clock::now();
  Clock::time_point before = start;
  while (before - start < kTogether) {
    const int64_t macs = kernels->peak(kRounds, &sink);
    const Clock::time_point after = Clock::now();
    const double seconds =
        std::chrono::duration<double>(after - before).count();
    best = std::max(best, static_cast<double>(macs) / seconds);
    before = after;
  }
  return best;
}

}  // namespace edge_int8::core
