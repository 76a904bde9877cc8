// Refusals of an array of windows that say what is wrong with it and which line
// of Python mends it, for arrays larger than memory too. Tested by
// window_shape_test.cc.
#ifndef EDGE_INT8_SRC_POSE_WINDOW_SHAPE_H_
#define EDGE_INT8_SRC_POSE_WINDOW_SHAPE_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "src/base/tensor.h"
#include "src/formats/npy.h"

namespace edge_int8 {

// Throws kBadInput unless the array is [n, ...] with windows of this shape:
// exchanged axes, an axis too many and a window by itself are named as such.
void ExpectWindows(const NpyView& array, const Shape& window);

// Throws kBadInput for a file that is no .npy at all, with what is expected.
void ExpectNpyFile(const std::filesystem::path& path);

// The command that writes `expression` of the array x in `path` beside it, in
// pieces, as mended_`what`.npy: "x[i].T".
std::string RewriteCommand(const std::string& path, const Shape& shape,
                           const std::string& expression,
                           std::string_view what = "windows");

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_WINDOW_SHAPE_H_
