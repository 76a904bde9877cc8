#include "src/quant/calibration_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace edge_int8 {
namespace {

// floor(x / 2^exponent); the product is exact in double, and std::floor is a
// call on x86-64 without SSE4.1.
int32_t BinIndex(float x, double inverse_width) {
  const double scaled = static_cast<double>(x) * inverse_width;
  const auto truncated = static_cast<int32_t>(scaled);
  return truncated - (static_cast<double>(truncated) > scaled ? 1 : 0);
}

// Whether [low, high] fits the bins of this exponent. Once true, it stays true
// for every larger one.
bool Fits(float low, float high, int exponent) {
  const double inverse = std::ldexp(1.0, -exponent);
  const double limit = std::ldexp(1.0, CalibrationHistogram::kIndexBits);
  const double first = std::floor(low * inverse);
  const double last = std::floor(high * inverse);
  return std::abs(first) <= limit && std::abs(last) <= limit &&
         last - first < CalibrationHistogram::kMaxBins;
}

}  // namespace

double CalibrationHistogram::bin_width() const {
  return std::ldexp(1.0, exponent_);
}

double CalibrationHistogram::bin_center(int bin) const {
  const double center = bin_begin(bin) + bin_width() / 2;
  return std::clamp(center, static_cast<double>(min_),
                    static_cast<double>(max_));
}

void CalibrationHistogram::Coarsen() {
  const int64_t first = first_ >> 1;
  std::vector<int64_t> joined;
  for (std::size_t b = 0; b < counts_.size(); ++b) {
    const auto to = static_cast<std::size_t>(
        ((first_ + static_cast<int64_t>(b)) >> 1) - first);
    if (to >= joined.size()) joined.push_back(0);
    joined[to] += counts_[b];
  }
  counts_ = std::move(joined);
  first_ = first;
  ++exponent_;
}

// Widens the bins to hold [low, high] beside what was seen before.
void CalibrationHistogram::CoverRange(float low, float high) {
  min_ = std::min(min_, low);
  max_ = std::max(max_, high);
  while (!Fits(min_, max_, exponent_)) Coarsen();
  const double inverse = std::ldexp(1.0, -exponent_);
  const int64_t first = BinIndex(min_, inverse);
  const int64_t last = BinIndex(max_, inverse);
  std::vector<int64_t> wider(static_cast<std::size_t>(last - first + 1));
  if (!counts_.empty()) {
    std::copy(counts_.begin(), counts_.end(),
              wider.begin() + static_cast<std::ptrdiff_t>(first_ - first));
  }
  counts_ = std::move(wider);
  first_ = first;
}

bool CalibrationHistogram::Add(std::span<const float> values) {
  if (values.empty()) return true;
  float low = values[0];
  float high = values[0];
  float poison = 0;  // x * 0 is 0, or NaN for what is not finite
  for (const float v : values) {
    low = std::min(low, v);
    high = std::max(high, v);
    poison += v * 0.0f;
  }
  if (poison != 0) return false;  // true for NaN as well
  if (counts_.empty() || low < min_ || high > max_) CoverRange(low, high);
  const double inverse = std::ldexp(1.0, -exponent_);
  int64_t* const zero_bin = counts_.data() - first_;
  for (const float v : values) ++zero_bin[BinIndex(v, inverse)];
  count_ += static_cast<int64_t>(values.size());
  return true;
}

void CalibrationHistogram::Merge(const CalibrationHistogram& other) {
  if (other.counts_.empty()) return;
  CoverRange(other.min_, other.max_);
  const int shift = exponent_ - other.exponent_;  // never negative
  for (std::size_t b = 0; b < other.counts_.size(); ++b) {
    const int64_t index = other.first_ + static_cast<int64_t>(b);
    counts_[static_cast<std::size_t>((index >> shift) - first_)] +=
        other.counts_[b];
  }
  count_ += other.count_;
}

double CalibrationHistogram::Quantile(double share) const {
  return QuantileReader(*this).At(share);
}

QuantileReader::QuantileReader(const CalibrationHistogram& histogram)
    : histogram_(histogram), up_to_(histogram.counts_.size()) {
  std::partial_sum(histogram.counts_.begin(), histogram.counts_.end(),
                   up_to_.begin());
}

double QuantileReader::At(double share) const {
  const CalibrationHistogram& h = histogram_;
  if (h.count_ == 0) return 0;
  const double target = share * static_cast<double>(h.count_);
  // At least one count, so that it is never an empty bin.
  const auto bin = std::ranges::lower_bound(
      up_to_, std::max(target, 1.0), {},
      [](int64_t n) { return static_cast<double>(n); });
  if (bin == up_to_.end()) return h.max_;
  const auto b = static_cast<int>(bin - up_to_.begin());
  const auto here = static_cast<double>(h.bin_count(b));
  const double below = static_cast<double>(*bin) - here;
  const double inside = std::max(0.0, target - below) / here;
  return std::clamp(h.bin_begin(b) + inside * h.bin_width(),
                    static_cast<double>(h.min_), static_cast<double>(h.max_));
}

}  // namespace edge_int8
