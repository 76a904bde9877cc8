#include "src/nets/onnx/onnx_tensor_data.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/nets/onnx/onnx_messages.h"

namespace edge_int8 {
namespace {

static_assert(std::endian::native == std::endian::little,
              "raw_data is little-endian");

// The types by ONNX's numbers, which never change. `bits` 0: can't be read.
struct NumberType {
  std::string_view name;
  int bits = 0;
  OnnxArray::Kind kind = OnnxArray::Kind::kInteger;
};
constexpr std::array<NumberType, 23> kTypes = {{
    {"undefined"},
    {"float32", 32, OnnxArray::Kind::kFloat},
    {"uint8", 8},
    {"int8", 8},
    {"uint16", 16},
    {"int16", 16},
    {"int32", 32},
    {"int64", 64},
    {"string"},
    {"bool", 8, OnnxArray::Kind::kBool},
    {"float16", 16, OnnxArray::Kind::kFloat},
    {"float64", 64, OnnxArray::Kind::kFloat},
    {"uint32", 32},
    {"uint64", 64},
    {"complex64"},
    {"complex128"},
    {"bfloat16", 16, OnnxArray::Kind::kFloat},
    {"float8e4m3fn"},
    {"float8e4m3fnuz"},
    {"float8e5m2"},
    {"float8e5m2fnuz"},
    {"uint4", 4},
    {"int4", 4},
}};

double HalfValue(uint16_t bits) {
  const int exponent = bits >> 10 & 0x1f;
  const int mantissa = bits & 0x3ff;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 0x1f) return mantissa != 0 ? std::nan("") : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, -24);
  return sign * std::ldexp(mantissa + 1024, exponent - 25);
}

template <class T>
T LoadAs(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

double FourBits(std::string_view raw, std::size_t i, bool is_signed) {
  const auto byte = static_cast<uint8_t>(raw[i / 2]);
  const int value = i % 2 == 0 ? byte & 15 : byte >> 4;
  return is_signed && value > 7 ? value - 16 : value;
}

double RawValue(int type, std::string_view raw, std::size_t i) {
  const char* at = raw.data();
  switch (type) {
    case 1:
      return LoadAs<float>(at + 4 * i);
    case 2:
    case 9:
      return LoadAs<uint8_t>(at + i);
    case 3:
      return LoadAs<int8_t>(at + i);
    case 4:
      return LoadAs<uint16_t>(at + 2 * i);
    case 5:
      return LoadAs<int16_t>(at + 2 * i);
    case 6:
      return LoadAs<int32_t>(at + 4 * i);
    case 7:
      return static_cast<double>(LoadAs<int64_t>(at + 8 * i));
    case 10:
      return HalfValue(LoadAs<uint16_t>(at + 2 * i));
    case 11:
      return LoadAs<double>(at + 8 * i);
    case 12:
      return LoadAs<uint32_t>(at + 4 * i);
    case 13:
      return static_cast<double>(LoadAs<uint64_t>(at + 8 * i));
    case 16:
      return std::bit_cast<float>(uint32_t{LoadAs<uint16_t>(at + 2 * i)} << 16);
    case 21:
    case 22:
      return FourBits(raw, i, type == 22);
    default:
      return 0;  // Refused before.
  }
}

// Values in the typed fields: small types share int32_data.
std::vector<double> TypedValues(int type, const onnx::TensorProto& tensor) {
  std::vector<double> values;
  const auto copy = [&](const auto& field) {
    values.reserve(AsSize(field.size()));
    for (const auto v : field) values.push_back(static_cast<double>(v));
  };
  if (type == 1) {
    copy(tensor.float_data());
  } else if (type == 11) {
    copy(tensor.double_data());
  } else if (type == 7) {
    copy(tensor.int64_data());
  } else if (type == 12 || type == 13) {
    copy(tensor.uint64_data());
  } else if (type == 10 || type == 16) {
    for (const int32_t v : tensor.int32_data()) {
      const auto bits = static_cast<uint16_t>(v);
      values.push_back(type == 10 ? HalfValue(bits)
                                  : std::bit_cast<float>(uint32_t{bits} << 16));
    }
  } else if (type == 21 || type == 22) {
    std::string packed;
    for (const int32_t v : tensor.int32_data()) {
      packed.push_back(static_cast<char>(v));
    }
    for (std::size_t i = 0; i < 2 * packed.size(); ++i) {
      values.push_back(FourBits(packed, i, type == 22));
    }
  } else {
    copy(tensor.int32_data());
  }
  return values;
}

struct ExternalPlace {
  std::string location;
  int64_t offset = 0;
  std::optional<int64_t> length;
};

ExternalPlace PlaceOf(const std::string& where,
                      const onnx::TensorProto& tensor) {
  ExternalPlace place;
  const auto number = [&](const std::string& text) {
    int64_t value = -1;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) {
      FailInput(where, fmt::format("its external data names the place '{}'; "
                                   "expected a count of bytes",
                                   text));
    }
    return value;
  };
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") place.location = entry.value();
    if (entry.key() == "offset") place.offset = number(entry.value());
    if (entry.key() == "length") place.length = number(entry.value());
  }
  return place;
}

// The file of external data, inside the model's folder also after links.
std::filesystem::path ExternalPath(const std::string& where,
                                   const std::filesystem::path& model,
                                   const std::string& location) {
  namespace fs = std::filesystem;
  const fs::path folder = model.has_parent_path() ? model.parent_path() : ".";
  const auto refuse = [&](std::string_view why) {
    FailInput(where, fmt::format("its values are in the external file '{}'{}; "
                                 "expected a file beside the model",
                                 location, why));
  };
  const fs::path given(location);
  if (location.empty() || location.find('\0') != std::string::npos ||
      given.is_absolute()) {
    refuse(", which is no relative path");
  }
  for (const fs::path& part : given) {
    if (part == "..") refuse(", which leaves the model's folder");
  }
  std::error_code error;
  const fs::path real = fs::canonical(folder / given, error);
  if (error) refuse(", which is missing");
  const fs::path root = fs::canonical(folder, error);
  const fs::path inside = real.lexically_relative(root);
  if (error || inside.empty() || *inside.begin() == "..") {
    refuse(", which links to outside the model's folder");
  }
  return real;
}

std::vector<double> RawValues(int type, std::string_view raw, int64_t count) {
  std::vector<double> values(AsSize(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = RawValue(type, raw, i);
  }
  return values;
}

int64_t RawBytes(int type, int64_t count) {
  return (count * kTypes[AsSize(type)].bits + 7) / 8;
}

std::vector<double> ExternalValues(const std::string& where,
                                   const std::filesystem::path& model,
                                   const onnx::TensorProto& tensor, int type,
                                   int64_t count) {
  const ExternalPlace place = PlaceOf(where, tensor);
  const MappedFile file(ExternalPath(where, model, place.location));
  const auto size = static_cast<int64_t>(file.bytes().size());
  const int64_t bytes = RawBytes(type, count);
  if (place.offset > size || bytes > size - place.offset ||
      place.length.value_or(bytes) != bytes) {
    FailInput(where, fmt::format("expected {} bytes at byte {} of '{}', which "
                                 "has {}",
                                 bytes, place.offset, place.location, size));
  }
  return RawValues(
      type,
      {reinterpret_cast<const char*>(file.bytes().data()) + place.offset,
       AsSize(bytes)},
      count);
}

}  // namespace

std::string OnnxTypeName(int type) {
  return type >= 0 && AsSize(type) < kTypes.size()
             ? std::string(kTypes[AsSize(type)].name)
             : fmt::format("type {}", type);
}

bool IsOnnxFloat(int type) {
  return type == 1 || type == 10 || type == 11 || type == 16;
}

OnnxConstant ReadOnnxTensor(const std::filesystem::path& path,
                            const onnx::TensorProto& tensor) {
  const std::string where =
      fmt::format("{}: tensor '{}'", path.string(), tensor.name());
  const int type = tensor.data_type();
  if (type < 0 || AsSize(type) >= kTypes.size() ||
      kTypes[AsSize(type)].bits == 0) {
    FailInput(where, fmt::format("has values of {}; expected numbers",
                                 OnnxTypeName(type)));
  }
  OnnxArray array{kTypes[AsSize(type)].kind,
                  Shape(tensor.dims().begin(), tensor.dims().end()),
                  {}};
  const std::optional<int64_t> count = BoundedCount(array.shape, kMostStored);
  if (!count) {
    FailInput(where, fmt::format("has shape {}; expected at most {} values",
                                 ShapeText(array.shape), kMostStored));
  }
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    array.values = ExternalValues(where, path, tensor, type, *count);
  } else if (tensor.has_raw_data()) {
    const std::string& raw = tensor.raw_data();
    if (static_cast<int64_t>(raw.size()) != RawBytes(type, *count)) {
      FailInput(where, fmt::format("shape {} of {} needs {} bytes, it has {}",
                                   ShapeText(array.shape), OnnxTypeName(type),
                                   RawBytes(type, *count), raw.size()));
    }
    array.values = RawValues(type, raw, *count);
  } else {
    array.values = TypedValues(type, tensor);
    if (type >= 21 && array.size() == *count + 1) array.values.pop_back();
  }
  if (array.size() != *count) {
    FailInput(where, fmt::format("shape {} needs {} values, it has {}",
                                 ShapeText(array.shape), *count, array.size()));
  }
  return std::make_shared<OnnxArray>(std::move(array));
}

}  // namespace edge_int8
