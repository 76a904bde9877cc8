#include "src/pose/window_shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/python_quote.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {
namespace {

// [n, ...] for windows of this shape.
Shape Batch(int64_t windows, const Shape& window) {
  Shape shape = {windows};
  shape.insert(shape.end(), window.begin(), window.end());
  return shape;
}

struct Advice {
  std::string what;        // "the last two axes look exchanged"
  std::string expression;  // of window i of the new array
  int64_t windows = 0;
};

Advice AdviceFor(const Shape& found, const Shape& window) {
  const Shape exchanged(window.rbegin(), window.rend());
  if (found == window) {
    return {"it looks like one window by itself", "x", 1};
  }
  if (found.empty()) return {};
  const int64_t count = found[0];
  const Shape each(found.begin() + 1, found.end());
  if (each == exchanged) {
    return {fmt::format("the last two axes look exchanged ({} and {})",
                        window[0], window[1]),
            "x[i].T", count};
  }
  if (found == exchanged) {
    return {"it looks like one window with its axes exchanged", "x.T", 1};
  }
  if (found.size() == 4 && found[1] == 1 &&
      std::ranges::equal(each.begin() + 1, each.end(), window.begin(),
                         window.end())) {
    return {"it has a channel axis of 1", "x[i, 0]", count};
  }
  if (found.size() == 4 && found.back() == 1 &&
      std::ranges::equal(each.begin(), each.end() - 1, window.begin(),
                         window.end())) {
    return {"it has a channel axis of 1 at its end", "x[i, ..., 0]", count};
  }
  if (ElementCount(each) == ElementCount(window)) {
    return {
        "its windows have as many values in other axes; this takes them "
        "in the order in which they lie",
        fmt::format("x[i].reshape({})", fmt::join(window, ", ")), count};
  }
  return {};
}

}  // namespace

std::string RewriteCommand(const std::string& path, const Shape& shape,
                           const std::string& expression,
                           std::string_view what) {
  return PythonCommand(fmt::format(
      "import numpy as np; x = np.load({0}, mmap_mode=\"r\"); y = "
      "np.lib.format.open_memmap({1}, \"w+\", \"<f4\", ({2})); "
      "[y.__setitem__(i, {3}) for i in range(len(y))]; y.flush()",
      PythonQuote(path), PythonQuote(fmt::format("mended_{}.npy", what)),
      fmt::join(shape, ", "), expression));
}

void ExpectWindows(const NpyView& array, const Shape& window) {
  const Shape& found = array.shape();
  if (!found.empty() && std::ranges::equal(found.begin() + 1, found.end(),
                                           window.begin(), window.end())) {
    return;
  }
  std::string text = fmt::format("has shape {}, expected [n, {}]",
                                 ShapeText(found), fmt::join(window, ", "));
  if (window.size() == 2) {
    const Advice advice = AdviceFor(found, window);
    if (!advice.what.empty()) {
      text += fmt::format(
          "; {}. This writes mended_windows.npy: {}", advice.what,
          RewriteCommand(array.where(), Batch(advice.windows, window),
                         advice.expression));
    }
  }
  array.Fail(text);
}

void ExpectNpyFile(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (AsText(file.bytes()).starts_with("\x93NUMPY")) return;
  FailInput(
      path.string() + " at byte 0",
      "not a .npy file: bad magic; expected windows [n, ...] float32, CSI "
      "in [0, 1] as np.save writes them (docs/dataset.md)");
}

}  // namespace edge_int8
