#include "src/quantize/calibrate/calibration_histogram.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#include "src/base/communicator.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

// floor(x) of what fits 32 bits: std::floor is a call on x86-64 without SSE4.1.
template <class Real>
int32_t Floor(Real x) {
  const auto truncated = static_cast<int32_t>(x);
  return truncated - (static_cast<Real>(truncated) > x ? 1 : 0);
}

// floor(x / 2^exponent); the product is exact in double.
int32_t BinIndex(float x, double inverse_width) {
  return Floor(static_cast<double>(x) * inverse_width);
}

struct Spread {
  float low;
  float high;
  bool finite;  // all of the values
};

// In lanes that don't wait for each other.
Spread SpreadOf(std::span<const float> values) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> low, high;
  std::array<float, kLanes> poison{};  // x * 0 is 0, or NaN when not finite
  low.fill(values[0]);
  high.fill(values[0]);
  const auto look = [&](float v, std::size_t lane) {
    low[lane] = v < low[lane] ? v : low[lane];
    high[lane] = v > high[lane] ? v : high[lane];
    poison[lane] += v * 0.0f;
  };
  std::size_t n = 0;
  for (; n + kLanes <= values.size(); n += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      look(values[n + lane], lane);
    }
  }
  for (std::size_t lane = 0; n < values.size(); ++n, ++lane) {
    look(values[n], lane);
  }
  return {std::ranges::min(low), std::ranges::max(high),
          std::ranges::all_of(poison, [](float p) { return p == 0; })};
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

void CalibrationHistogram::Count(std::span<const float> values) {
  // Scaling up by a power of two is exact in float, down it may not be.
  const bool exact_in_float = exponent_ <= 0;
  const double inverse = std::ldexp(1.0, -exponent_);
  const auto inverse_float = static_cast<float>(inverse);
  int64_t* const zero_bin = counts_.data() - first_;
  std::array<int32_t, 64> index;
  for (std::size_t begin = 0; begin < values.size(); begin += index.size()) {
    const auto some =
        values.subspan(begin, std::min(index.size(), values.size() - begin));
    if (exact_in_float) {
      for (std::size_t i = 0; i < some.size(); ++i) {
        index[i] = Floor(some[i] * inverse_float);
      }
    } else {
      for (std::size_t i = 0; i < some.size(); ++i) {
        index[i] = BinIndex(some[i], inverse);
      }
    }
    for (std::size_t i = 0; i < some.size(); ++i) ++zero_bin[index[i]];
  }
  count_ += static_cast<int64_t>(values.size());
}

bool CalibrationHistogram::Add(std::span<const float> values) {
  if (values.empty()) return true;
  const Spread spread = SpreadOf(values);
  if (!spread.finite) return false;
  if (counts_.empty() || spread.low < min_ || spread.high > max_) {
    CoverRange(spread.low, spread.high);
  }
  Count(values);
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

void MergeOverRanks(std::span<CalibrationHistogram> mine) {
  if (World().size() == 1) return;
  std::vector<int64_t> packed;
  for (const CalibrationHistogram& h : mine) h.WriteTo(packed);
  std::ranges::fill(mine, CalibrationHistogram());
  for (const auto& part : World().AllGather(std::as_bytes(std::span(packed)))) {
    std::vector<int64_t> numbers(part.size() / sizeof(int64_t));
    std::memcpy(numbers.data(), part.data(), part.size());
    std::span<const int64_t> left(numbers);
    for (CalibrationHistogram& h : mine) {
      h.Merge(CalibrationHistogram::ReadFrom(left));
    }
    Check(left.empty(), "ranks have equally many histograms");
  }
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

void CalibrationHistogram::WriteTo(std::vector<int64_t>& to) const {
  to.insert(to.end(),
            {exponent_, first_, std::ssize(counts_), count_,
             std::bit_cast<int32_t>(min_), std::bit_cast<int32_t>(max_)});
  to.insert(to.end(), counts_.begin(), counts_.end());
}

CalibrationHistogram CalibrationHistogram::ReadFrom(
    std::span<const int64_t>& from) {
  CalibrationHistogram histogram;
  histogram.exponent_ = static_cast<int>(from[0]);
  histogram.first_ = from[1];
  const auto bins = static_cast<std::size_t>(from[2]);
  histogram.count_ = from[3];
  histogram.min_ = std::bit_cast<float>(static_cast<int32_t>(from[4]));
  histogram.max_ = std::bit_cast<float>(static_cast<int32_t>(from[5]));
  const auto counts = from.subspan(6, bins);
  histogram.counts_.assign(counts.begin(), counts.end());
  from = from.subspan(6 + bins);
  return histogram;
}

}  // namespace edge_int8
