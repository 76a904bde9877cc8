// Windows side by side as one gray PNG, small enough to travel inside a
// report. Tested by csi_picture_test.cc, which decodes it.
#ifndef EDGE_INT8_SRC_RUN_CSI_PICTURE_H_
#define EDGE_INT8_SRC_RUN_CSI_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/dataset.h"

namespace edge_int8 {

// Of one window: its last axis across, the others down, neighbours averaged
// until at most so many are left. Of upstream's 540 x 20 a row is the mean of 5
// subcarriers of one link (30 divide), a column a packet.
inline constexpr int64_t kMostPictureRows = 108;
inline constexpr int64_t kMostPictureColumns = 64;
// Upstream's 0 is black and 1 the last level, times 4; of other sets the
// smallest and the largest value are. Six bits, since noise below 1/63 would
// only cost bytes.
inline constexpr int kPictureLevels = 63;

struct PictureSize {
  std::size_t rows = 0;
  std::size_t columns = 0;                        // of one window
  std::size_t row_values = 0, column_values = 0;  // neighbours averaged
};
PictureSize SizeOfPicture(const Shape& window);

// Window i covers columns [i * columns, (i + 1) * columns).
std::vector<std::byte> CsiPicture(const Dataset& dataset,
                                  std::span<const int64_t> windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_CSI_PICTURE_H_
