#include "src/formats/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/base/python_quote.h"
#include "src/formats/torch_storage.h"

namespace edge_int8 {
namespace {

template <typename From, typename To>
std::vector<To> Convert(std::span<const std::byte> data) {
  std::vector<To> values(data.size() / sizeof(From));
  for (std::size_t i = 0; i < values.size(); ++i) {
    From value;
    std::memcpy(&value, data.data() + i * sizeof(From), sizeof(From));
    values[i] = static_cast<To>(value);
  }
  return values;
}

// Items of an array whose first axis is the fastest, last axis fastest.
void CopyFromFortran(const Shape& shape, std::span<const std::byte> from,
                     std::size_t item, std::vector<std::byte>& to) {
  Shape index(shape.size(), 0), strides(shape.size(), 1);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    strides[axis] = strides[axis - 1] * shape[axis - 1];
  }
  int64_t element = 0;
  for (std::size_t at = 0; at < to.size(); at += item) {
    std::memcpy(to.data() + at,
                from.data() + static_cast<std::size_t>(element) * item, item);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      element += strides[axis];
      if (++index[axis] < shape[axis]) break;
      element -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace

NpyView::NpyView(std::string where, std::span<const std::byte> file)
    : where_(std::move(where)) {
  ByteReader in(where_, file);
  header_ = ReadNpyHeader(in);
  data_position_ = in.position();
  const std::optional<int64_t> count = CheckedElementCount(header_.shape);
  const int64_t item = item_size();
  const auto found = static_cast<int64_t>(in.remaining());
  // An object's pickle says its own length; that many objects take at least
  // that many bytes.
  const bool fits =
      type() == NpyType::kObject
          ? count && *count <= found
          : count && *count <= found / item && *count * item == found;
  if (!fits) {
    in.Fail(
        fmt::format("shape ({}) of {} does not match the {} bytes of data "
                    "that follow",
                    fmt::join(header_.shape, ", "), type_name(), found));
  }
  size_ = *count;
  data_ = in.Take(in.remaining(), "the data");
  if (size_ > 0 && (header_.big_endian || header_.fortran)) Rearrange();
}

void NpyView::Rearrange() {
  const std::string_view what =
      header_.fortran ? "is in Fortran order" : "is big-endian";
  if (type() == NpyType::kObject) {
    Fail(fmt::format("{}, expected C order of objects", what));
  }
  if (data_.size() > kMostRearranged) {
    Fail(fmt::format(
        "{}, which is only read up to {} bytes; this writes mended.npy: {}",
        what, kMostRearranged,
        PythonCommand(fmt::format(
            "import numpy as np; x = np.load({}, mmap_mode=\"r\"); y = "
            "np.lib.format.open_memmap(\"mended.npy\", \"w+\", \"{}\", "
            "x.shape); y[...] = x; y.flush()",
            PythonQuote(where_), type_name()))));
  }
  const auto item = static_cast<std::size_t>(item_size());
  std::vector<std::byte> bytes(data_.begin(), data_.end());
  if (header_.fortran) {
    CopyFromFortran(shape(), data_, item, bytes);
  }
  // A character of text is a number of its own.
  const std::size_t unit = type() == NpyType::kText ? 4 : item;
  for (std::size_t at = 0; header_.big_endian && at < bytes.size();
       at += unit) {
    std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                 bytes.begin() + static_cast<std::ptrdiff_t>(at + unit));
  }
  rearranged_ =
      std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  data_ = *rearranged_;
}

void NpyView::FailType(std::string_view expected,
                       std::string_view dtype) const {
  const bool number = type() != NpyType::kText && type() != NpyType::kObject;
  Fail(fmt::format(
      "holds {}, expected {}{}", type_name(), expected,
      number ? fmt::format("; in Python: array.astype('{}')", dtype) : ""));
}

void NpyView::CheckValues(NpyType wanted, std::size_t alignment) const {
  const bool bytes = wanted == NpyType::kUint8 && type() == NpyType::kBool;
  if (type() != wanted && !bytes) {
    FailType(NpyTypeName(wanted), NpyTypeName(wanted));
  }
  if (reinterpret_cast<std::uintptr_t>(data_.data()) % alignment != 0) {
    Fail(
        fmt::format("data begins at byte {}, expected a multiple of {}; "
                    "saving it again with np.save aligns it",
                    data_position_, alignment));
  }
}

std::vector<int64_t> NpyView::Integers() const {
  switch (type()) {
    case NpyType::kInt8:
      return Convert<int8_t, int64_t>(data_);
    case NpyType::kInt16:
      return Convert<int16_t, int64_t>(data_);
    case NpyType::kInt32:
      return Convert<int32_t, int64_t>(data_);
    case NpyType::kInt64:
      return Convert<int64_t, int64_t>(data_);
    case NpyType::kUint8:
      return Convert<uint8_t, int64_t>(data_);
    case NpyType::kUint16:
      return Convert<uint16_t, int64_t>(data_);
    case NpyType::kUint32:
      return Convert<uint32_t, int64_t>(data_);
    case NpyType::kUint64: {
      std::vector<int64_t> values = Convert<uint64_t, int64_t>(data_);
      const auto large =
          std::ranges::find_if(values, [](int64_t value) { return value < 0; });
      if (large == values.end()) return values;
      Fail(fmt::format("value {} is 2^63 or more", large - values.begin()));
    }
    default:
      FailType("integers", "<i8");
  }
}

std::vector<uint8_t> NpyView::Booleans() const {
  if (type() == NpyType::kBool) return Convert<uint8_t, uint8_t>(data_);
  if (type() == NpyType::kFloat32 || type() == NpyType::kFloat64 ||
      type() == NpyType::kText || type() == NpyType::kObject) {
    FailType("bool (|b1)", "bool");
  }
  std::vector<uint8_t> values;
  const bool bytes = type() == NpyType::kUint8;
  for (const int64_t value : Integers()) {
    // A wider array is more likely to hold indices.
    if (value != 0 && value != 1 && !bytes) {
      Fail(fmt::format("value {} is {}, expected bool (|b1), or 0 and 1",
                       values.size(), value));
    }
    values.push_back(value != 0);
  }
  return values;
}

void NpyView::ExpectFloats() const {
  if (type() == NpyType::kFloat32 || type() == NpyType::kFloat64 ||
      type() == NpyType::kFloat16) {
    return;
  }
  FailType("<f4, <f8 or <f2", "<f4");
}

std::vector<float> NpyView::Floats() const {
  ExpectFloats();
  if (type() == NpyType::kFloat64) return Convert<double, float>(data_);
  if (type() == NpyType::kFloat32) return Convert<float, float>(data_);
  const std::vector<uint16_t> halves = Convert<uint16_t, uint16_t>(data_);
  std::vector<float> values(halves.size());
  std::ranges::transform(halves, values.begin(), HalfToFloat);
  return values;
}

void NpyView::ExpectShape(const Shape& expected) const {
  const bool same = std::ranges::equal(
      expected, shape(),
      [](int64_t want, int64_t have) { return want == -1 || want == have; });
  if (same) return;
  std::string text;
  for (const int64_t extent : expected) {
    text += text.empty() ? "" : ", ";
    text += extent == -1 ? "any" : std::to_string(extent);
  }
  Fail(fmt::format("has shape ({}), expected ({})", fmt::join(shape(), ", "),
                   text));
}

void NpyView::Fail(std::string_view what) const { FailInput(where_, what); }

Tensor ReadNpyTensor(const std::filesystem::path& path) {
  const MappedNpy file(path);
  return {file.view().shape(), file.view().Floats()};
}

}  // namespace edge_int8
