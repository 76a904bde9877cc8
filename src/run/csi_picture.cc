#include "src/run/csi_picture.h"

#include <png.h>

#include <algorithm>
#include <cmath>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

uint8_t Gray(double value) {
  const double inside = std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0;
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

}  // namespace

std::vector<std::byte> CsiPicture(const Dataset& dataset,
                                  std::span<const int64_t> windows) {
  Check(!windows.empty(), "a picture needs a window");
  const std::size_t width = windows.size() * kFrames;
  std::vector<uint8_t> pixels(width * kPictureRows);
  for (std::size_t n = 0; n < windows.size(); ++n) {
    const std::span<const float> csi = dataset.Window(windows[n]);
    for (std::size_t row = 0; row < kPictureRows; ++row) {
      for (std::size_t t = 0; t < kFrames; ++t) {
        double sum = 0;
        for (std::size_t i = 0; i < kPictureSubcarriers; ++i) {
          sum += double{csi[(row * kPictureSubcarriers + i) * kFrames + t]};
        }
        pixels[row * width + n * kFrames + t] = Gray(sum / kPictureSubcarriers);
      }
    }
  }
  return EncodeGray(pixels, width, kPictureRows);
}

}  // namespace edge_int8
