#include "src/pose/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/base/random.h"

namespace edge_int8 {
namespace {

// All that resampling needs of a file: hits (or summed errors) of b minus those
// of a, and joints. Counts stay exact: they are far below 2^53.
struct FileDifference {
  double sum = 0;
  double joints = 0;
};

template <class Value>
std::vector<FileDifference> Differences(std::span<const FileSums> a,
                                        std::span<const FileSums> b,
                                        const Value& value) {
  std::vector<FileDifference> differences;
  for (std::size_t f = 0; f < a.size(); ++f) {
    Check(a[f].file == b[f].file && a[f].joints == b[f].joints,
          "paired models must be scored on the same windows");
    differences.push_back(
        {value(b[f]) - value(a[f]), static_cast<double>(a[f].joints)});
  }
  return differences;
}

// As many files as there are, drawn with replacement; files with more windows
// weigh more, as they do in the score itself.
double Resample(std::span<const FileDifference> files, Rng rng) {
  FileDifference sum;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const FileDifference& file = files[rng.Below(files.size())];
    sum.sum += file.sum;
    sum.joints += file.joints;
  }
  return sum.sum / sum.joints;
}

// Linear between neighbours, as numpy.quantile does by default.
double Quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - std::floor(place);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

template <class Value>
Interval PairedInterval(std::span<const FileSums> a,
                        std::span<const FileSums> b,
                        const BootstrapOptions& options, const Value& value) {
  Check(a.size() == b.size(),
        "paired models must be scored on the same windows");
  Check(
      options.resamples > 0 && options.confidence > 0 && options.confidence < 1,
      "bootstrap needs resamples and a confidence between 0 and 1");
  if (a.empty()) {
    throw Error(ErrorKind::kBadInput,
                "no windows to compare: this split and subset are empty");
  }
  const std::vector<FileDifference> differences = Differences(a, b, value);
  std::vector<double> means(static_cast<std::size_t>(options.resamples));
  const Rng rng(options.seed);
  for (std::size_t i = 0; i < means.size(); ++i) {
    means[i] = Resample(differences, rng.Fork(i));
  }
  std::ranges::sort(means);
  const double tail = (1 - options.confidence) / 2;
  return {Quantile(means, tail), Quantile(means, 1 - tail)};
}

}  // namespace

Interval PairedPckInterval(std::span<const FileSums> a,
                           std::span<const FileSums> b, int percent,
                           const BootstrapOptions& options) {
  const std::size_t k = PckIndex(percent);
  return PairedInterval(a, b, options, [k](const FileSums& file) {
    return static_cast<double>(file.hits[k]);
  });
}

Interval PairedErrorInterval(std::span<const PoseTally> a,
                             std::span<const PoseTally> b,
                             std::span<const int> files,
                             const BootstrapOptions& options) {
  Check(a.size() == b.size() && a.size() == files.size(),
        "paired models must be scored on the same windows");
  const std::vector<FileSums> before = SumByFile(a, files);
  const std::vector<FileSums> after = SumByFile(b, files);
  return PairedInterval(before, after, options,
                        [](const FileSums& file) { return file.error_sum; });
}

// Files come in ascending number, so that the interval does not depend on the
// order in which windows were scored.
Interval PairedPckInterval(std::span<const PoseTally> a,
                           std::span<const PoseTally> b,
                           std::span<const int> files, int percent,
                           const BootstrapOptions& options) {
  Check(a.size() == b.size() && a.size() == files.size(),
        "paired models must be scored on the same windows");
  return PairedPckInterval(SumByFile(a, files), SumByFile(b, files), percent,
                           options);
}

Verdict Judge(const Interval& difference, double tolerance) {
  if (difference.low > 0) return Verdict::kBetter;
  if (difference.low >= -tolerance) return Verdict::kNotWorse;
  if (difference.high < -tolerance) return Verdict::kWorse;
  return Verdict::kInconclusive;
}

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
      return "better";
    case Verdict::kNotWorse:
      return "not worse";
    case Verdict::kWorse:
      return "worse";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  Check(false, "unknown verdict");
  return {};
}

}  // namespace edge_int8
