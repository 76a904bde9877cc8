#include "src/pose/npy_windows.h"

#include "src/base/as_size.h"
#include "src/base/shape_match.h"
#include "src/pose/corruption.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {
NpyWindows::NpyWindows(const std::filesystem::path& path, Subset subset,
                       const std::optional<Shape>& shape)
    : array_(path, {}, shape.value_or(Shape{})) {
  // Says how they differ, and what mends it.
  if (shape && !ShapesAgree(*shape, array_.window())) {
    ExpectWindows(array_.view(), *shape);
  }
  for (int64_t i = 0; i < array_.size(); ++i) {
    if (subset == Subset::kFull || IsGood(i)) kept_.push_back(i);
  }
  if (kept_.empty()) array_.view().Fail("holds no usable window");
}

int64_t NpyWindows::size() const { return std::ssize(kept_); }

bool NpyWindows::IsGood(int64_t window) const {
  const bool bounded = array_.window() == Shape{kSubcarriers, kFrames};
  bool good = true;
  array_.ForPieces(window, [&](std::span<const float> values) {
    good = good && (bounded ? !IsCorrupt(values) : AllFinite(values));
  });
  return good;
}

void NpyWindows::Read(int64_t index, std::span<float> out) const {
  array_.Read(kept_[AsSize(index)], out);
}

}  // namespace edge_int8
