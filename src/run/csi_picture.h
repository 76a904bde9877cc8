// CSI windows side by side as one gray PNG, small enough to travel inside a
// report. Tested by csi_picture_test.cc, which decodes it.
#ifndef EDGE_INT8_SRC_PIPELINE_CSI_PICTURE_H_
#define EDGE_INT8_SRC_PIPELINE_CSI_PICTURE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/pose/dataset.h"

namespace edge_int8 {

// A row is the mean of 5 neighbouring subcarriers of one link (30 divide), a
// column a packet; 0 is black, 1 is level 63 of 63, times 4. Six bits, since
// noise below 1/63 would only cost bytes.
inline constexpr int kPictureSubcarriers = 5;
inline constexpr int kPictureRows = kSubcarriers / kPictureSubcarriers;
inline constexpr int kPictureLevels = 63;

// Window i covers columns [20 i, 20 i + 20).
std::vector<std::byte> CsiPicture(const Dataset& dataset,
                                  std::span<const int64_t> windows);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_PIPELINE_CSI_PICTURE_H_
