#include "src/study/fx/fx_observer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

constexpr int kBins = FxHistogram::kBins;
constexpr int kUpsample = 16;      // upsample_rate
constexpr double kStep = 1e-5;     // stepsize of the search
constexpr float kAverage = 0.01f;  // averaging_constant
constexpr int kCodes = 256;        // dst_nbins: of the type, not of the range

// torch.histc: the last bin is closed. A range without width is widened.
void AddCounts(const FxBatch& batch, FxRange range, std::vector<float>& to) {
  if (range.min == range.max) range = {range.min - 1, range.max + 1};
  const float width = range.max - range.min;
  std::vector<int64_t> counts(AsSize(kBins), 0);
  for (const std::span<const float> values : batch) {
    for (const float v : values) {
      const float place = (v - range.min) * float{kBins} / width;
      ++counts[AsSize(std::min(static_cast<int>(place), kBins - 1))];
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    to[i] += static_cast<float>(counts[i]);
  }
}

// torch.linspace in float32: from the nearer end.
float LinSpace(float start, float end, int steps, int i) {
  const float step = (end - start) / static_cast<float>(steps - 1);
  return i < steps / 2 ? start + step * static_cast<float>(i)
                       : end - step * static_cast<float>(steps - i - 1);
}

// torch.div(rounding_mode="floor"): of the exact quotient.
float FloorDivide(float a, float b) {
  const float rest = std::fmod(a, b);
  float quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  const float whole = std::floor(quotient);
  return quotient - whole > 0.5f ? whole + 1 : whole;
}

// _get_norm: density times the integral of x^2.
float Norm(float begin, float end, float density) {
  return density * ((end * end * end - begin * begin * begin) / 3);
}

}  // namespace

FxScale ScaleOf(FxRange range, int top) {
  const float low = std::min(range.min, 0.0f);
  const float high = std::max(range.max, 0.0f);
  const float scale = std::max((high - low) / static_cast<float>(top),
                               std::numeric_limits<float>::epsilon());
  const float zero = -std::nearbyint(low / scale);
  return {scale,
          static_cast<int>(std::clamp(zero, 0.0f, static_cast<float>(top)))};
}

FxRange RangeOf(const FxBatch& batch) {
  FxRange range{std::numeric_limits<float>::infinity(),
                -std::numeric_limits<float>::infinity()};
  float poison = 0;  // NaN as soon as one value is not finite
  for (const std::span<const float> values : batch) {
    for (const float v : values) {
      range.min = std::min(range.min, v);
      range.max = std::max(range.max, v);
      poison += 0 * v;
    }
  }
  if (std::isnan(poison)) return {poison, poison};
  return range;
}

// The histogram in the bins of a wider range: each bin becomes 16 points.
std::vector<float> FxHistogram::Spread(FxRange to) const {
  std::vector<float> spread(AsSize(kBins), 0);
  if (min_ == max_) {
    float total = 0;
    for (const float count : counts_) total += count;
    AddCounts({std::span(&min_, 1)}, to, spread);
    for (float& count : spread) count *= total;
    return spread;
  }
  std::vector<float> bounds;
  for (int i = 0; i <= kBins; ++i) {
    bounds.push_back(LinSpace(to.min, to.max, kBins + 1, i));
  }
  const int points = kBins * kUpsample;
  const float half = 0.5f * ((max_ - min_) / static_cast<float>(points));
  for (int i = 0; i < points; ++i) {
    const float middle = LinSpace(min_, max_, points + 1, i) + half;
    const auto above = std::ranges::upper_bound(bounds, middle);
    const auto bin =
        std::clamp<std::ptrdiff_t>(above - bounds.begin() - 1, 0, kBins - 1);
    spread[static_cast<std::size_t>(bin)] +=
        counts_[AsSize(i / kUpsample)] / kUpsample;
  }
  return spread;
}

void FxHistogram::Observe(const FxBatch& batch, int times) {
  const FxRange range = RangeOf(batch);
  if (!(range.min <= range.max)) return;
  const FxRange wider = {std::min(min_, range.min), std::max(max_, range.max)};
  std::vector<float> update(AsSize(kBins), 0);
  AddCounts(batch, wider, update);
  if (counts_.empty()) {
    counts_.assign(AsSize(kBins), 0);
  } else if (wider.min != min_ || wider.max != max_) {
    counts_ = Spread(wider);
  }
  min_ = wider.min;
  max_ = wider.max;
  for (int n = 0; n < times; ++n) {
    for (std::size_t i = 0; i < update.size(); ++i) counts_[i] += update[i];
  }
}

// _compute_quantization_error: values evenly spread inside a bin, against the
// centres of 256 wide bins. Each bin's error is a small difference of large
// float32 numbers, and the search stops at the first that does not fall: so
// every operation is PyTorch's, in its order. Only the sum is not; it runs in
// double and is rounded to the float32 that PyTorch's is.
float FxHistogram::ErrorOf(int start_bin, int end_bin) const {
  const double width = (double{max_} - double{min_}) / kBins;
  const double codes = width * (end_bin - start_bin + 1) / kCodes;
  if (codes == 0) return 0;
  const auto src = static_cast<float>(width);
  const auto dst = static_cast<float>(codes);
  const auto half = static_cast<float>(codes / 2);
  double sum = 0;
  for (int i = 0; i < kBins; ++i) {
    const float begin = static_cast<float>(i - start_bin) * src;
    const float end = begin + src;
    const float first =
        std::clamp(FloorDivide(begin, dst), 0.0f, float{kCodes - 1});
    const float last =
        std::clamp(FloorDivide(end, dst), 0.0f, float{kCodes - 1});
    const float density = counts_[AsSize(i)] / src;
    float error = Norm(begin - (first + 0.5f) * dst, half, density);
    error += (last - first - 1) * Norm(-half, half, density);
    error += Norm(-half, end - (last * dst + half), density);
    sum += error;
  }
  return static_cast<float>(sum);
}

FxRange FxHistogram::BestRange() const {
  if (counts_.empty()) return {};
  const float width = (max_ - min_) / static_cast<float>(kBins);
  std::vector<float> below(AsSize(kBins));  // cumulative
  double total = 0;
  for (std::size_t i = 0; i < below.size(); ++i) {
    total += counts_[i];
    below[i] = static_cast<float>(total);
  }
  double alpha = 0, beta = 1;
  int start = 0, end = kBins - 1;
  float least = std::numeric_limits<float>::infinity();
  while (alpha < beta) {
    const double next_alpha = alpha + kStep, next_beta = beta - kStep;
    int l = start, r = end;
    const auto low = static_cast<float>(next_alpha * total);
    const auto high = static_cast<float>(next_beta * total);
    while (l < end && below[AsSize(l)] < low) ++l;
    while (r > start && below[AsSize(r)] > high) --r;
    int next_start = start, next_end = end;
    if (l - start > end - r) {
      next_start = l;
      alpha = next_alpha;
    } else {
      next_end = r;
      beta = next_beta;
    }
    if (next_start == start && next_end == end) continue;
    const float error = ErrorOf(next_start, next_end);
    if (error > least) break;
    least = error;
    start = next_start;
    end = next_end;
  }
  return {min_ + width * static_cast<float>(start),
          min_ + width * static_cast<float>(end + 1)};
}

void FxMovingAverage::Observe(const FxBatch& batch, int times) {
  const FxRange range = RangeOf(batch);
  if (!(range.min <= range.max)) return;
  if (empty_) {
    range_ = range;
    empty_ = false;
    --times;
  }
  for (int n = 0; n < times; ++n) {
    range_.min += kAverage * (range.min - range_.min);
    range_.max += kAverage * (range.max - range_.max);
  }
}

}  // namespace edge_int8
