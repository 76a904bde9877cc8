#include "src/pose/npy_windows.h"

#include <fmt/format.h>

#include "src/base/as_size.h"
#include "src/base/shape_match.h"
#include "src/pose/corruption.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {
namespace {

double ScaleOf(const std::filesystem::path& path) {
  ExpectNpyFile(path);
  const MappedNpy file(path);
  switch (file.view().type()) {
    case NpyType::kUint8:
      return 1.0 / 255;
    case NpyType::kFloat16:
    case NpyType::kFloat32:
    case NpyType::kFloat64:
      return 1;
    default:
      file.view().Fail(fmt::format(
          "holds {}, expected windows of <f4, <f2, <f8 or |u1; in Python: "
          "array.astype('<f4')",
          file.view().type_name()));
  }
}

}  // namespace

NpyWindows::NpyWindows(const std::filesystem::path& path, Subset subset,
                       const std::optional<Shape>& shape)
    : array_(path, ScaleOf(path)) {
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
