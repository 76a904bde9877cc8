// Windows of an .npy file [n, ...] of any number type as float32, mapped and
// never loaded. Tested by window_array_test.cc.
//
//   value = float32(x * scale), the product in double
//
// float32 without a scale is read where it lies. 8- and 16-bit values go
// through a table of all of them, which costs less than converting.
#ifndef EDGE_INT8_SRC_POSE_WINDOW_ARRAY_H_
#define EDGE_INT8_SRC_POSE_WINDOW_ARRAY_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "src/formats/npy.h"

namespace edge_int8 {

class WindowArray {
 public:
  // float32, float64, float16, uint8, int8 or int16, of rank 2 to 5, with at
  // least one value in a window. An array of `expected`'s own shape is one
  // window by itself. Without a scale the file says nothing about its numbers:
  // floats are as they are, bytes are 255ths, as a camera's or a quantized
  // recording's, and other integers are refused. Throws kBadInput.
  explicit WindowArray(const std::filesystem::path& path,
                       std::optional<double> scale = {},
                       const Shape& expected = {});

  int64_t size() const { return size_; }
  const Shape& window() const { return window_; }  // shape of one
  const NpyView& view() const { return file_.view(); }

  // `out` is as long as a window.
  void Read(int64_t index, std::span<float> out) const;
  std::vector<float> Values(int64_t index) const;

  // Calls body(std::span<const float>) for the window in pieces, without
  // memory for a whole one.
  template <typename Body>
  void ForPieces(int64_t index, const Body& body) const {
    if (in_place_) {
      body(InPlace(index));
      return;
    }
    std::array<float, kPiece> piece;
    for (std::size_t at = 0; at < values_; at += kPiece) {
      const std::size_t count = std::min(kPiece, values_ - at);
      Convert(index, at, std::span(piece).first(count));
      body(std::span<const float>(piece).first(count));
    }
  }

  // No stored number gives a value that is not finite.
  bool always_finite() const { return always_finite_; }

 private:
  static constexpr std::size_t kPiece = 2048;

  std::span<const float> InPlace(int64_t index) const;
  void MakeTable();
  // Values [first, first + out.size()) of a window.
  void Convert(int64_t index, std::size_t first, std::span<float> out) const;

  MappedNpy file_;
  double scale_;
  int64_t size_ = 0;
  Shape window_;
  std::size_t values_ = 1;  // of one window
  bool in_place_ = false;
  bool always_finite_ = false;
  std::vector<float> table_;  // by the bits of a stored 8- or 16-bit number
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_WINDOW_ARRAY_H_
