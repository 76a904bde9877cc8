// Where evaluation, calibration and training read CSI windows from: a dataset's
// selection, or a bare X.npy. Tested by dataset_test.cc.
#ifndef EDGE_INT8_SRC_DATA_WINDOW_SOURCE_H_
#define EDGE_INT8_SRC_DATA_WINDOW_SOURCE_H_

#include <cstdint>
#include <span>

namespace edge_int8 {

inline constexpr int kSubcarriers = 540;  // 18 links x 30 subcarriers
inline constexpr int kFrames = 20;        // packets per window
inline constexpr int kWindowValues = kSubcarriers * kFrames;
inline constexpr int kJoints = 15;
inline constexpr int kPoseValues = kJoints * 2;

class WindowSource {
 public:
  virtual ~WindowSource() = default;
  virtual int64_t size() const = 0;
  // Copies window `index` in [0, size()) to `out`: kWindowValues floats,
  // [subcarrier][frame], normally in [0, 1]. Any thread may call it.
  virtual void Read(int64_t index, std::span<float> out) const = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_DATA_WINDOW_SOURCE_H_
