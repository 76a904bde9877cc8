#include "src/formats/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

namespace edge_int8 {
namespace {

struct TypeEntry {
  NpyType type;
  std::string_view name;
  int64_t item_size;
};
constexpr std::array<TypeEntry, 13> kTypes = {{{NpyType::kFloat32, "<f4", 4},
                                               {NpyType::kFloat16, "<f2", 2},
                                               {NpyType::kFloat64, "<f8", 8},
                                               {NpyType::kInt8, "|i1", 1},
                                               {NpyType::kInt16, "<i2", 2},
                                               {NpyType::kInt32, "<i4", 4},
                                               {NpyType::kInt64, "<i8", 8},
                                               {NpyType::kUint8, "|u1", 1},
                                               {NpyType::kUint16, "<u2", 2},
                                               {NpyType::kUint32, "<u4", 4},
                                               {NpyType::kUint64, "<u8", 8},
                                               {NpyType::kBool, "|b1", 1},
                                               {NpyType::kObject, "|O", 0}}};

// Bytes of an item of "<U9"; nothing when that is not what `name` is.
std::optional<int64_t> TextItemSize(std::string_view name) {
  if (!name.starts_with("<U")) return std::nullopt;
  uint32_t characters = 0;
  const char* const end = name.data() + name.size();
  const auto result = std::from_chars(name.data() + 2, end, characters);
  if (result.ec != std::errc() || result.ptr != end || characters == 0) {
    return std::nullopt;
  }
  return int64_t{characters} * 4;
}

// How to make one of our types of NumPy type `name`; empty where no other type
// holds the same values.
std::string ConversionHint(std::string_view name) {
  if (name.size() < 2) return "";
  const char kind = name[1];
  if (kind == 'c') return "; amplitudes in Python: np.abs(array).astype('<f4')";
  const std::string_view dtype = kind == 'f'                  ? "<f4"
                                 : kind == 'i' || kind == 'u' ? "<i8"
                                 : kind == 'U' || kind == 'S' ? "<U"
                                                              : "";
  if (dtype.empty()) return "";
  return fmt::format("; in Python: array.astype('{}')", dtype);
}

constexpr int kMostDimensions = 32;  // NumPy 1's own limit

// The header's dict, read as strictly as NumPy writes it: these three keys,
// each once, in any order.
class HeaderDict {
 public:
  explicit HeaderDict(ByteReader& in) : in_(in) {}

  NpyHeader Read() {
    Expect("{", "a dict");
    while (!Next("}")) {
      ReadItem();
      if (!Next(",")) {
        Expect("}", "',' or '}'");
        break;
      }
    }
    in_.Skip(" \t\r\n");
    if (!in_.AtEnd()) in_.Fail("text after the header's dict");
    if (!has_type_ || !has_order_ || !has_shape_) {
      in_.Fail("the header lacks 'descr', 'fortran_order' or 'shape'");
    }
    return std::move(header_);
  }

 private:
  bool Next(std::string_view text) {
    in_.Skip(" \t\r\n");
    return in_.Consume(text);
  }
  void Expect(std::string_view text, std::string_view what) {
    if (!Next(text)) in_.Fail(fmt::format("expected {} in the header", what));
  }

  std::string ReadString() {
    in_.Skip(" ");
    const char quote = in_.Peek();
    if (quote != '\'' && quote != '"') {
      in_.Fail(
          "expected a string in the header; structured types are not "
          "supported");
    }
    in_.Take(1, "the header");
    std::string text;
    while (in_.Peek() != quote) {
      text += static_cast<char>(in_.Take(1, "a string in the header")[0]);
    }
    in_.Take(1, "the header");
    return text;
  }

  void ReadItem() {
    const std::size_t at = in_.position();
    const std::string key = ReadString();
    Expect(":", "':'");
    if (key == "descr" && !has_type_) {
      ReadType();
    } else if (key == "fortran_order" && !has_order_) {
      ReadOrder();
    } else if (key == "shape" && !has_shape_) {
      has_shape_ = true;
      header_.shape = ReadShape();
    } else {
      in_.FailAt(at, fmt::format("unknown or repeated header key '{}'", key));
    }
  }

  void ReadType() {
    has_type_ = true;
    in_.Skip(" ");
    const std::size_t at = in_.position();
    header_.type_name = ReadString();
    if (header_.type_name.starts_with('>')) {
      header_.big_endian = true;
      header_.type_name[0] = '<';
    }
    const auto* const entry =
        std::ranges::find(kTypes, header_.type_name, &TypeEntry::name);
    if (entry != kTypes.end()) {
      header_.type = entry->type;
      header_.item_size = entry->item_size;
    } else if (const auto size = TextItemSize(header_.type_name)) {
      header_.type = NpyType::kText;
      header_.item_size = *size;
    } else {
      in_.FailAt(at, fmt::format(
                         "type '{}' is not supported, expected <f4, <f8, "
                         "integers, |b1, <U or |O{}",
                         header_.type_name, ConversionHint(header_.type_name)));
    }
  }

  void ReadOrder() {
    has_order_ = true;
    in_.Skip(" ");
    if (in_.Consume("False")) return;
    if (!in_.Consume("True")) in_.Fail("expected True or False in the header");
    header_.fortran = true;
  }

  Shape ReadShape() {
    Expect("(", "a tuple");
    Shape shape;
    while (!Next(")")) {
      if (shape.size() == kMostDimensions) in_.Fail("more than 32 dimensions");
      shape.push_back(ReadExtent());
      if (!Next(",")) {
        // "(3)" is a number in Python, not a tuple.
        if (shape.size() == 1) in_.Fail("expected ',' in the shape");
        Expect(")", "',' or ')'");
        break;
      }
    }
    return shape;
  }

  int64_t ReadExtent() {
    in_.Skip(" ");
    const std::size_t at = in_.position();
    std::string digits;
    while (in_.Peek() >= '0' && in_.Peek() <= '9') {
      digits += static_cast<char>(in_.Take(1, "the shape")[0]);
    }
    int64_t extent = 0;
    const char* const end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, extent);
    if (result.ec != std::errc() || result.ptr != end) {
      in_.FailAt(at, "expected an extent below 2^63 in the shape");
    }
    return extent;
  }

  ByteReader& in_;
  NpyHeader header_;
  bool has_type_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

}  // namespace

std::string_view NpyTypeName(NpyType type) {
  return std::ranges::find(kTypes, type, &TypeEntry::type)->name;
}

NpyHeader ReadNpyHeader(ByteReader& in) {
  if (in.AtEnd()) in.Fail("is empty, expected a .npy file");
  if (!in.Consume("\x93NUMPY")) in.Fail("not a .npy file: bad magic");
  const std::size_t at = in.position();
  const auto major = in.Little<uint8_t>("the version");
  const auto minor = in.Little<uint8_t>("the version");
  if (major < 1 || major > 3 || minor != 0) {
    in.FailAt(at, "npy version is not 1.0, 2.0 or 3.0");
  }
  const uint64_t length = major == 1 ? in.Little<uint16_t>("the header length")
                                     : in.Little<uint32_t>("the header length");
  ByteReader header = in.Sub(length, "the header");
  return HeaderDict(header).Read();
}

}  // namespace edge_int8
