#include "src/pose/paired_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/error.h"
#include "src/base/random.h"

namespace edge_int8 {
namespace {

// All that resampling needs of a file: hits of b minus hits of a, and joints.
struct FileDifference {
  int64_t hits = 0;
  int64_t joints = 0;
};

std::vector<FileDifference> Differences(std::span<const FileSums> a,
                                        std::span<const FileSums> b,
                                        std::size_t threshold) {
  std::vector<FileDifference> differences;
  for (std::size_t f = 0; f < a.size(); ++f) {
    Check(a[f].file == b[f].file && a[f].joints == b[f].joints,
          "paired models must be scored on the same windows");
    differences.push_back(
        {b[f].hits[threshold] - a[f].hits[threshold], a[f].joints});
  }
  return differences;
}

// As many files as there are, drawn with replacement; files with more windows
// weigh more, as they do in the score itself.
double Resample(std::span<const FileDifference> files, Rng rng) {
  FileDifference sum;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const FileDifference& file = files[rng.Below(files.size())];
    sum.hits += file.hits;
    sum.joints += file.joints;
  }
  return static_cast<double>(sum.hits) / static_cast<double>(sum.joints);
}

// Linear between neighbours, as numpy.quantile does by default.
double Quantile(std::span<const double> sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = place - std::floor(place);
  return sorted[below] + part * (sorted[above] - sorted[below]);
}

}  // namespace

Interval PairedPckInterval(std::span<const FileSums> a,
                           std::span<const FileSums> b, int percent,
                           const BootstrapOptions& options) {
  Check(a.size() == b.size(),
        "paired models must be scored on the same windows");
  Check(
      options.resamples > 0 && options.confidence > 0 && options.confidence < 1,
      "bootstrap needs resamples and a confidence between 0 and 1");
  if (a.empty()) {
    throw Error(ErrorKind::kBadInput,
                "no windows to compare: this split and subset are empty");
  }
  const std::vector<FileDifference> differences =
      Differences(a, b, PckIndex(percent));
  std::vector<double> means(static_cast<std::size_t>(options.resamples));
  const Rng rng(options.seed);
  for (std::size_t i = 0; i < means.size(); ++i) {
    means[i] = Resample(differences, rng.Fork(i));
  }
  std::ranges::sort(means);
  const double tail = (1 - options.confidence) / 2;
  return {Quantile(means, tail), Quantile(means, 1 - tail)};
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

Verdict WithinTolerance(const Interval& difference, double tolerance) {
  if (difference.low >= -tolerance) return Verdict::kHolds;
  if (difference.high < -tolerance) return Verdict::kFails;
  return Verdict::kInconclusive;
}

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kFails:
      return "fails";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  Check(false, "unknown verdict");
  return {};
}

}  // namespace edge_int8
