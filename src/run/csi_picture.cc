#include "src/run/csi_picture.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

struct Range {
  double low = 0;
  double high = 1;
};

// Means of corrupt windows are no numbers and come out black.
uint8_t Gray(double value, const Range& range) {
  const double part = (value - range.low) / (range.high - range.low);
  const double inside = std::isfinite(part) ? std::clamp(part, 0.0, 1.0) : 0;
  return static_cast<uint8_t>(std::lround(inside * kPictureLevels) * 4);
}

std::vector<std::byte> EncodeGray(const std::vector<uint8_t>& pixels,
                                  std::size_t width, std::size_t height) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_GRAY;
  const auto stride = static_cast<png_int_32>(width);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> png(size);
  Check(png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(),
                                  stride, nullptr) != 0,
        image.message);
  png.resize(size);
  return png;
}

double MeanAt(std::span<const float> values, const Shape& window,
              const PictureSize& size, std::size_t row, std::size_t column) {
  const std::size_t across = AsSize(window.back());
  const std::size_t down = values.size() / across;
  const std::size_t last_row = std::min((row + 1) * size.row_values, down);
  const std::size_t last_column =
      std::min((column + 1) * size.column_values, across);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = row * size.row_values; i < last_row; ++i) {
    for (std::size_t k = column * size.column_values; k < last_column; ++k) {
      sum += double{values[i * across + k]};
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

}  // namespace

PictureSize SizeOfPicture(const Shape& window) {
  const int64_t across = window.back();
  const int64_t down = ElementCount(window) / across;
  const auto parts = [](int64_t all, int64_t most) {
    const int64_t each = (all + most - 1) / most;
    return std::pair{AsSize((all + each - 1) / each), AsSize(each)};
  };
  const auto [rows, row_values] = parts(down, kMostPictureRows);
  const auto [columns, column_values] = parts(across, kMostPictureColumns);
  return {rows, columns, row_values, column_values};
}

std::vector<std::byte> CsiPicture(const Dataset& dataset,
                                  std::span<const int64_t> windows) {
  Check(!windows.empty(), "a picture needs a window");
  const PictureSize size = SizeOfPicture(dataset.task().window);
  Range range;
  if (dataset.target_mode() == TargetMode::kPairs) {
    range = {dataset.Scan().value_min, dataset.Scan().value_max};
  }
  const std::size_t width = windows.size() * size.columns;
  std::vector<uint8_t> pixels(width * size.rows);
  for (std::size_t n = 0; n < windows.size(); ++n) {
    const std::vector<float> values = dataset.Window(windows[n]);
    for (std::size_t row = 0; row < size.rows; ++row) {
      for (std::size_t column = 0; column < size.columns; ++column) {
        pixels[row * width + n * size.columns + column] = Gray(
            MeanAt(values, dataset.task().window, size, row, column), range);
      }
    }
  }
  return EncodeGray(pixels, width, size.rows);
}

}  // namespace edge_int8
