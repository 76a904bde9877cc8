#include "src/pose/file_sums.h"

#include <cmath>
#include <map>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

// Linearization of the ratio sum(d) / sum(n): each file's residual is
// d - mean * n (Cochran 1977, "Sampling Techniques", section 6.9).
PairedDifference Ratio(std::span<const double> differences,
                       std::span<const FileSums> files) {
  double sum = 0;
  double joints = 0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    sum += differences[f];
    joints += static_cast<double>(files[f].joints);
  }
  PairedDifference result{sum / joints, 0};
  const auto count = static_cast<double>(files.size());
  if (count < 2) return result;
  double squares = 0;
  for (std::size_t f = 0; f < files.size(); ++f) {
    const double residual =
        differences[f] - result.mean * static_cast<double>(files[f].joints);
    squares += residual * residual;
  }
  result.standard_error = std::sqrt(squares * count / (count - 1)) / joints;
  return result;
}

void CheckPaired(std::span<const FileSums> a, std::span<const FileSums> b) {
  Check(a.size() == b.size() && !a.empty(), "models must share their files");
  for (std::size_t f = 0; f < a.size(); ++f) {
    Check(a[f].file == b[f].file && a[f].joints == b[f].joints,
          "models must be scored on the same windows");
  }
}

}  // namespace

bool PairedDifference::Beyond(double errors) const {
  return std::abs(mean) > errors * standard_error;
}

std::vector<FileSums> SumByFile(std::span<const PoseTally> tallies,
                                std::span<const int> files) {
  Check(tallies.size() == files.size(), "each window has a file");
  std::map<int, FileSums> by_file;
  for (std::size_t i = 0; i < files.size(); ++i) {
    FileSums& sums = by_file[files[i]];
    sums.file = files[i];
    sums.joints += tallies[i].joints;
    for (std::size_t k = 0; k < kPckThresholds; ++k) {
      sums.hits[k] += tallies[i].hits[k];
    }
    if (tallies[i].finite) sums.error_sum += tallies[i].error_sum;
  }
  std::vector<FileSums> all;
  for (const auto& [file, sums] : by_file) all.push_back(sums);
  return all;
}

PairedDifference PckDifference(std::span<const FileSums> a,
                               std::span<const FileSums> b, int percent) {
  CheckPaired(a, b);
  const std::size_t k = PckIndex(percent);
  std::vector<double> differences;
  for (std::size_t f = 0; f < a.size(); ++f) {
    differences.push_back(static_cast<double>(b[f].hits[k] - a[f].hits[k]));
  }
  return Ratio(differences, a);
}

PairedDifference ErrorDifference(std::span<const FileSums> a,
                                 std::span<const FileSums> b) {
  CheckPaired(a, b);
  std::vector<double> differences;
  for (std::size_t f = 0; f < a.size(); ++f) {
    differences.push_back(b[f].error_sum - a[f].error_sum);
  }
  return Ratio(differences, a);
}

}  // namespace edge_int8
