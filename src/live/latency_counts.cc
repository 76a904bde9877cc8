#include "src/live/latency_counts.h"

#include <algorithm>
#include <cmath>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

constexpr double kLeastMs = 1e-3, kWidth = 1.02;
constexpr int kBinCount = 1200;  // up to 20 million ms

}  // namespace

LatencyCounts::LatencyCounts() : bins_(kBinCount) {}

void LatencyCounts::Add(double ms) {
  const double bin =
      std::log(std::max(ms, kLeastMs) / kLeastMs) / std::log(kWidth);
  ++bins_[AsSize(std::min(static_cast<int>(bin), kBinCount - 1))];
  ++count_;
  most_ = std::max(most_, ms);
}

double LatencyCounts::Percentile(double share) const {
  const auto rank = static_cast<int64_t>(
      share * static_cast<double>(std::max<int64_t>(count_ - 1, 0)));
  int64_t before = 0;
  for (int bin = 0; bin < kBinCount; ++bin) {
    before += bins_[AsSize(bin)];
    if (before > rank) {
      return std::min(most_, kLeastMs * std::pow(kWidth, bin + 0.5));
    }
  }
  return 0;
}

}  // namespace edge_int8
