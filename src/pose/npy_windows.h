// A bare X.npy [n, 540, 20] float32 as a window source, mapped. Tested by
// npy_windows_test.cc.
#ifndef EDGE_INT8_SRC_DATA_NPY_WINDOWS_H_
#define EDGE_INT8_SRC_DATA_NPY_WINDOWS_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "src/formats/npy.h"
#include "src/pose/dataset.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

class NpyWindows : public WindowSource {
 public:
  // kFull gives every window exactly as stored; kClean leaves corrupt ones out.
  // Throws kBadInput when the file holds anything else or no window is left.
  NpyWindows(const std::filesystem::path& path, Subset subset);

  int64_t size() const override;
  void Read(int64_t index, std::span<float> out) const override;

 private:
  std::span<const float> Window(int64_t window) const;

  MappedNpy file_;
  std::vector<int64_t> kept_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_DATA_NPY_WINDOWS_H_
