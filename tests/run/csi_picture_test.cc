#include "src/run/csi_picture.h"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>

#include "src/pose/synth_dataset.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

struct Decoded {
  std::size_t width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

Decoded Decode(const std::vector<std::byte>& png) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&image, png.data(), png.size()),
            0);
  image.format = PNG_FORMAT_GRAY;
  Decoded decoded{image.width, image.height, {}};
  decoded.pixels.resize(PNG_IMAGE_SIZE(image));
  EXPECT_NE(
      png_image_finish_read(&image, nullptr, decoded.pixels.data(), 0, nullptr),
      0);
  return decoded;
}

TEST(CsiPicture, HoldsEveryWindowWithinHalfALevel) {
  const TempFolder folder;
  WriteSyntheticDataset(folder / "data", {.files = 3, .windows = 4},
                        IfExists::kFail);
  const Dataset dataset = Dataset::Open(folder / "data");
  std::vector<int64_t> windows;  // The last two clean ones, last first.
  for (int64_t w = dataset.windows() - 1; windows.size() < 2; --w) {
    ASSERT_GE(w, 0);
    if (!dataset.Corrupt(w)) windows.push_back(w);
  }
  const Decoded picture = Decode(CsiPicture(dataset, windows));
  ASSERT_EQ(picture.width, 40u);
  ASSERT_EQ(picture.height, 108u);
  for (std::size_t n = 0; n < 2; ++n) {
    const auto csi = dataset.Window(windows[n]);
    for (std::size_t row = 0; row < 108; ++row) {
      for (std::size_t t = 0; t < 20; ++t) {
        double mean = 0;
        for (std::size_t i = 0; i < 5; ++i) {
          mean += double{csi[(row * 5 + i) * 20 + t]} / 5;
        }
        const double shown =
            picture.pixels[row * 40 + n * 20 + t] / (4.0 * kPictureLevels);
        EXPECT_NEAR(shown, std::clamp(mean, 0.0, 1.0), 0.5 / 63 + 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8
