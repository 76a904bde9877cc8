#include "src/export/regular_windows.h"

#include <algorithm>
#include <set>

#include "src/base/as_size.h"

namespace edge_int8 {
namespace {

// The ranges are the windows begin(i) = i * stride - pad of `kernel` places,
// cut at the ends, and a pool with these numbers has as many.
std::optional<RegularWindows> Fitting(const std::vector<PoolRange>& ranges,
                                      int extent, int kernel, int stride,
                                      int pad) {
  const int count = static_cast<int>(ranges.size());
  if (pad < 0 || pad >= kernel) return {};
  for (int i = 0; i < count; ++i) {
    const int begin = i * stride - pad;
    if (ranges[AsSize(i)].begin != std::max(begin, 0) ||
        ranges[AsSize(i)].end != std::min(begin + kernel, extent)) {
      return {};
    }
  }
  const int end = (count - 1) * stride - pad + kernel;
  const int pad_end = std::max(0, end - extent);
  const int room = extent + pad + pad_end - kernel;
  if (pad_end >= kernel || room / stride + 1 != count) return {};
  return RegularWindows{kernel, stride, pad, pad_end};
}

}  // namespace

std::optional<RegularWindows> FindWindows(const std::vector<PoolRange>& ranges,
                                          int extent) {
  // Each window that is whole at an end says where the others are.
  std::set<int> strides = {1};
  int longest = 0;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    longest = std::max(longest, ranges[i].end - ranges[i].begin);
    if (i == 0) continue;
    strides.insert(ranges[i].begin - ranges[i - 1].begin);
    strides.insert(ranges[i].end - ranges[i - 1].end);
  }
  strides.erase(strides.begin(), strides.upper_bound(0));
  // A window that is cut at both ends is longer than it seems.
  for (int kernel = longest; kernel <= 2 * longest; ++kernel) {
    for (const int stride : strides) {
      std::set<int> pads = {0};
      for (std::size_t i = 0; i < ranges.size(); ++i) {
        const int at = static_cast<int>(i) * stride;
        if (ranges[i].begin > 0) pads.insert(at - ranges[i].begin);
        if (ranges[i].end < extent) pads.insert(at + kernel - ranges[i].end);
      }
      for (const int pad : pads) {
        if (const auto found = Fitting(ranges, extent, kernel, stride, pad)) {
          return found;
        }
      }
    }
  }
  return {};
}

}  // namespace edge_int8
