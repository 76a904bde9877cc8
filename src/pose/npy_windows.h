// A bare X.npy [n, ...] as a window source, mapped; its numbers as
// WindowArray takes them without a scale. Tested by npy_windows_test.cc.
#ifndef EDGE_INT8_SRC_POSE_NPY_WINDOWS_H_
#define EDGE_INT8_SRC_POSE_NPY_WINDOWS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "src/pose/dataset.h"
#include "src/pose/window_array.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

class NpyWindows : public WindowSource {
 public:
  // kFull gives every window exactly as stored; kClean leaves corrupt ones out:
  // by upstream's rule where windows are [540, 20], else those with a value
  // that is not finite. With `shape`, windows must agree with it (ShapesAgree),
  // and an array of that shape is one window by itself.
  // Throws kBadInput when the file holds anything else or no window is left.
  NpyWindows(const std::filesystem::path& path, Subset subset,
             const std::optional<Shape>& shape = {});

  const Shape& window() const { return array_.window(); }
  int64_t size() const override;
  void Read(int64_t index, std::span<float> out) const override;

 private:
  bool IsGood(int64_t window) const;

  WindowArray array_;
  std::vector<int64_t> kept_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_NPY_WINDOWS_H_
