// Where evaluation, calibration and training read windows from: a dataset's
// selection, or a bare X.npy. Tested by dataset_test.cc.
#ifndef EDGE_INT8_SRC_POSE_WINDOW_SOURCE_H_
#define EDGE_INT8_SRC_POSE_WINDOW_SOURCE_H_

#include <cstdint>
#include <span>

namespace edge_int8 {

class WindowSource {
 public:
  virtual ~WindowSource() = default;
  virtual int64_t size() const = 0;
  // Copies window `index` in [0, size()) to `out`, which is as long as a window
  // (upstream's: [subcarrier][frame], normally in [0, 1]). Any thread may call
  // it. That a model and a source agree is checked before (eval/model_fit.h).
  virtual void Read(int64_t index, std::span<float> out) const = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_WINDOW_SOURCE_H_
