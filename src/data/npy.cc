#include "src/data/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

struct TypeEntry {
  NpyType type;
  std::string_view name;
  int64_t item_size;
};
constexpr std::array<TypeEntry, 7> kTypes = {{{NpyType::kFloat32, "<f4", 4},
                                              {NpyType::kFloat64, "<f8", 8},
                                              {NpyType::kInt32, "<i4", 4},
                                              {NpyType::kInt64, "<i8", 8},
                                              {NpyType::kUint8, "|u1", 1},
                                              {NpyType::kBool, "|b1", 1},
                                              {NpyType::kObject, "|O", 0}}};

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
    if (!type_ || !has_order_ || !shape_) {
      in_.Fail("the header lacks 'descr', 'fortran_order' or 'shape'");
    }
    return {*type_, *shape_};
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
    if (key == "descr" && !type_) {
      type_ = ReadType();
    } else if (key == "fortran_order" && !has_order_) {
      ReadOrder();
    } else if (key == "shape" && !shape_) {
      shape_ = ReadShape();
    } else {
      in_.FailAt(at, fmt::format("unknown or repeated header key '{}'", key));
    }
  }

  NpyType ReadType() {
    in_.Skip(" ");
    const std::size_t at = in_.position();
    const std::string name = ReadString();
    for (const TypeEntry& entry : kTypes) {
      if (entry.name == name) return entry.type;
    }
    in_.FailAt(at, fmt::format("type '{}' is not supported, expected <f4, <f8, "
                               "<i4, <i8, |u1, |b1 or |O; in Python: "
                               "np.save(path, array.astype('<f4'))",
                               name));
  }

  void ReadOrder() {
    has_order_ = true;
    in_.Skip(" ");
    if (in_.Consume("False")) return;
    if (!in_.Consume("True")) in_.Fail("expected True or False in the header");
    in_.Fail(
        "the array is in Fortran order, expected C order; in Python: "
        "np.save(path, np.ascontiguousarray(array))");
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
  std::optional<NpyType> type_;
  bool has_order_ = false;
  std::optional<Shape> shape_;
};

const TypeEntry& Entry(NpyType type) {
  return *std::ranges::find(kTypes, type, &TypeEntry::type);
}

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

}  // namespace

std::string_view NpyTypeName(NpyType type) { return Entry(type).name; }
int64_t NpyItemSize(NpyType type) { return Entry(type).item_size; }

NpyHeader ReadNpyHeader(ByteReader& in) {
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

NpyView::NpyView(std::string where, std::span<const std::byte> file)
    : where_(std::move(where)) {
  ByteReader in(where_, file);
  header_ = ReadNpyHeader(in);
  data_position_ = in.position();
  const std::optional<int64_t> count = CheckedElementCount(header_.shape);
  const int64_t item = NpyItemSize(type());
  const auto found = static_cast<int64_t>(in.remaining());
  // An object's pickle says its own length; that many objects take at least
  // that many bytes.
  const bool fits =
      type() == NpyType::kObject
          ? count && *count <= found
          : count && *count <= found / item && *count * item == found;
  if (!fits) {
    in.Fail(fmt::format(
        "shape ({}) of {} does not match the {} bytes of data "
        "that follow",
        fmt::join(header_.shape, ", "), NpyTypeName(type()), found));
  }
  size_ = *count;
  data_ = in.Take(in.remaining(), "the data");
}

void NpyView::CheckValues(NpyType wanted, std::size_t alignment) const {
  const bool bytes = wanted == NpyType::kUint8 && type() == NpyType::kBool;
  if (type() != wanted && !bytes) {
    Fail(fmt::format("holds {}, expected {}", NpyTypeName(type()),
                     NpyTypeName(wanted)));
  }
  if (reinterpret_cast<std::uintptr_t>(data_.data()) % alignment != 0) {
    Fail(
        fmt::format("data begins at byte {}, expected a multiple of {}; "
                    "saving it again with np.save aligns it",
                    data_position_, alignment));
  }
}

std::vector<int64_t> NpyView::Integers() const {
  if (type() == NpyType::kInt32) return Convert<int32_t, int64_t>(data_);
  if (type() == NpyType::kInt64) return Convert<int64_t, int64_t>(data_);
  Fail(fmt::format("holds {}, expected <i4 or <i8", NpyTypeName(type())));
}

std::vector<float> NpyView::Floats() const {
  if (type() == NpyType::kFloat32) return Convert<float, float>(data_);
  if (type() == NpyType::kFloat64) return Convert<double, float>(data_);
  Fail(fmt::format("holds {}, expected <f4 or <f8", NpyTypeName(type())));
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
