#include "src/pose/npy_windows.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/pose/corruption.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {

NpyWindows::NpyWindows(const std::filesystem::path& path, Subset subset)
    : file_((ExpectNpyFile(path), path)) {
  ExpectWindows(file_.view(), {kSubcarriers, kFrames});
  file_.view().Values<float>();  // Says so now if it is another type.
  for (int64_t i = 0; i < file_.view().shape()[0]; ++i) {
    if (subset == Subset::kFull || !IsCorrupt(Window(i))) kept_.push_back(i);
  }
  if (kept_.empty()) file_.view().Fail("holds no usable window");
}

int64_t NpyWindows::size() const { return static_cast<int64_t>(kept_.size()); }

std::span<const float> NpyWindows::Window(int64_t window) const {
  return file_.view().Values<float>().subspan(
      static_cast<std::size_t>(window) * kWindowValues, kWindowValues);
}

void NpyWindows::Read(int64_t index, std::span<float> out) const {
  std::ranges::copy(Window(kept_[static_cast<std::size_t>(index)]),
                    out.begin());
}

}  // namespace edge_int8
