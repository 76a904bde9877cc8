// A histogram that needs no range in advance and whose result does not depend
// on the order of what it is fed: calibration on any number of threads gives
// the same counts. Tested by calibration_histogram_test.cc.
//
// Bins are [i * 2^e, (i + 1) * 2^e), aligned at zero. When the values seen no
// longer fit kMaxBins bins, e grows by one and pairs of bins join; because
// floor(floor(x) / 2) = floor(x / 2), that is what counting with the larger e
// from the start would have given. So e, and with it every count, is a function
// of the values alone.
#ifndef EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_HISTOGRAM_H_
#define EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_HISTOGRAM_H_

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace edge_int8 {

class CalibrationHistogram {
 public:
  // 8-bit grids over the same range have at least 8 bins a step.
  static constexpr int kMaxBins = 4096;
  // Bins are never finer than 2^-40, and never so fine that an index leaves
  // [-2^30, 2^30]: a constant has to end up in some bin, too.
  static constexpr int kMinExponent = -40;
  static constexpr int kIndexBits = 30;

  // Returns false, and counts nothing, when a value is not finite.
  [[nodiscard]] bool Add(std::span<const float> values);
  void Merge(const CalibrationHistogram& other);

  int64_t count() const { return count_; }
  // Of what was added; both 0 while the histogram is empty.
  float min() const { return count_ == 0 ? 0.0f : min_; }
  float max() const { return count_ == 0 ? 0.0f : max_; }

  int bins() const { return static_cast<int>(counts_.size()); }
  int64_t bin_count(int bin) const {
    return counts_[static_cast<std::size_t>(bin)];
  }
  double bin_width() const;
  double bin_begin(int bin) const {
    return static_cast<double>(first_ + bin) * bin_width();
  }
  // The middle of a bin, but never outside [min, max]: a bin that holds the
  // largest value of a constant tensor stands for that value.
  double bin_center(int bin) const;

  // The value below which `share` of the counts lie, in [0, 1]; linear inside
  // a bin and never outside [min, max].
  double Quantile(double share) const;

  bool operator==(const CalibrationHistogram&) const = default;

  // Between ranks of a job: the whole of it as numbers, and back from the front
  // of `from`, which moves on.
  void WriteTo(std::vector<int64_t>& to) const;
  static CalibrationHistogram ReadFrom(std::span<const int64_t>& from);

 private:
  friend class QuantileReader;
  void CoverRange(float low, float high);
  void Coarsen();
  void Count(std::span<const float> values);

  int exponent_ = kMinExponent;
  int64_t first_ = 0;            // index of counts_[0]
  std::vector<int64_t> counts_;  // at most kMaxBins, from min's bin to max's
  int64_t count_ = 0;
  float min_ = std::numeric_limits<float>::infinity();
  float max_ = -std::numeric_limits<float>::infinity();
};

// Each of `mine` as all ranks of the job together have seen it; all have
// equally many.
void MergeOverRanks(std::span<CalibrationHistogram> mine);

// Many quantiles of one histogram, which it must not outlive.
class QuantileReader {
 public:
  explicit QuantileReader(const CalibrationHistogram& histogram);
  // As CalibrationHistogram::Quantile().
  double At(double share) const;

 private:
  const CalibrationHistogram& histogram_;
  std::vector<int64_t> up_to_;  // counts of each bin and those before it
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_QUANTIZE_CALIBRATE_CALIBRATION_HISTOGRAM_H_
