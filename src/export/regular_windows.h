// Whether a pool's ranges are the windows that other formats' pools have: one
// size, equal steps. Tested by regular_windows_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_REGULAR_WINDOWS_H_
#define EDGE_INT8_SRC_EXPORT_REGULAR_WINDOWS_H_

#include <optional>
#include <vector>

#include "src/graph/ops.h"

namespace edge_int8 {

// Windows of one size at equal steps over a padded axis, cut at its ends.
struct RegularWindows {
  int kernel = 1;
  int stride = 1;
  int pad_begin = 0;
  int pad_end = 0;
};
// Nothing if the ranges are not such windows of an axis of `extent`.
std::optional<RegularWindows> FindWindows(const std::vector<PoolRange>& ranges,
                                          int extent);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_REGULAR_WINDOWS_H_
