#include "src/pose/window_array.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/formats/torch_storage.h"
#include "src/pose/window_shape.h"

namespace edge_int8 {
namespace {

template <typename T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

// The number that these bits of an 8- or 16-bit type are.
double SmallNumber(NpyType type, uint32_t bits) {
  switch (type) {
    case NpyType::kUint8:
      return bits;
    case NpyType::kInt8:
      return std::bit_cast<int8_t>(static_cast<uint8_t>(bits));
    case NpyType::kInt16:
      return std::bit_cast<int16_t>(static_cast<uint16_t>(bits));
    default:
      return HalfToFloat(static_cast<uint16_t>(bits));
  }
}

bool IsWindowType(NpyType type) {
  return type == NpyType::kFloat32 || type == NpyType::kFloat64 ||
         type == NpyType::kFloat16 || type == NpyType::kUint8 ||
         type == NpyType::kInt8 || type == NpyType::kInt16;
}

MappedNpy OpenWindows(const std::filesystem::path& path) {
  ExpectNpyFile(path);
  return MappedNpy(path);
}

double ScaleOfBareWindows(const NpyView& array) {
  switch (array.type()) {
    case NpyType::kUint8:
      return 1.0 / 255;
    case NpyType::kFloat16:
    case NpyType::kFloat32:
    case NpyType::kFloat64:
      return 1;
    default:
      array.Fail(fmt::format(
          "holds {}, expected windows of <f4, <f2, <f8 or |u1; in Python: "
          "array.astype('<f4')",
          array.type_name()));
  }
}

}  // namespace

WindowArray::WindowArray(const std::filesystem::path& path,
                         std::optional<double> scale, const Shape& expected)
    : file_(OpenWindows(path)),
      scale_(scale ? *scale : ScaleOfBareWindows(file_.view())) {
  const NpyView& array = file_.view();
  if (!IsWindowType(array.type())) {
    array.Fail(
        fmt::format("holds {}, expected windows of <f4, <f2, <f8, |u1, "
                    "|i1 or <i2",
                    array.type_name()));
  }
  const std::size_t rank = array.shape().size();
  if (rank < 2 || rank > 5) {
    array.Fail(
        fmt::format("has shape {}, expected windows [n, ...] of rank 2 "
                    "to 5",
                    ShapeText(array.shape())));
  }
  if (array.shape() == expected) {
    size_ = 1;
    window_ = expected;
  } else {
    size_ = array.shape()[0];
    window_.assign(array.shape().begin() + 1, array.shape().end());
  }
  values_ = AsSize(ElementCount(window_));
  if (values_ == 0) array.Fail("its windows hold no values");
  in_place_ = array.type() == NpyType::kFloat32 && scale_ == 1;
  if (in_place_) array.Values<float>();  // Says so now if misaligned.
  MakeTable();
}

void WindowArray::MakeTable() {
  const NpyType type = view().type();
  const int64_t item = view().item_size();
  if (item > 2) return;
  table_.resize(std::size_t{1} << (8 * item));
  always_finite_ = true;
  for (std::size_t bits = 0; bits < table_.size(); ++bits) {
    const double number = SmallNumber(type, static_cast<uint32_t>(bits));
    table_[bits] = static_cast<float>(number * scale_);
    always_finite_ = always_finite_ && std::isfinite(table_[bits]);
  }
}

std::span<const float> WindowArray::InPlace(int64_t index) const {
  return view().Values<float>().subspan(AsSize(index) * values_, values_);
}

void WindowArray::Convert(int64_t index, std::size_t first,
                          std::span<float> out) const {
  const auto item = AsSize(view().item_size());
  const std::byte* const from =
      view().data().data() + (AsSize(index) * values_ + first) * item;
  switch (item) {
    case 1:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = table_[Load<uint8_t>(from + i)];
      }
      return;
    case 2:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = table_[Load<uint16_t>(from + 2 * i)];
      }
      return;
    case 4:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(double{Load<float>(from + 4 * i)} * scale_);
      }
      return;
    default:
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<float>(Load<double>(from + 8 * i) * scale_);
      }
  }
}

void WindowArray::Read(int64_t index, std::span<float> out) const {
  Check(index >= 0 && index < size() && out.size() == values_,
        "a window is read whole, into room of its size");
  if (in_place_) {
    std::ranges::copy(InPlace(index), out.begin());
  } else {
    Convert(index, 0, out);
  }
}

std::vector<float> WindowArray::Values(int64_t index) const {
  std::vector<float> values(values_);
  Read(index, values);
  return values;
}

}  // namespace edge_int8
