#include "src/formats/torch_storage.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace edge_int8 {
namespace {

template <typename T>
T Element(std::span<const std::byte> bytes, int64_t index) {
  T value;
  std::memcpy(&value,
              bytes.data() + static_cast<std::size_t>(index) * sizeof(T),
              sizeof(T));
  return value;
}

}  // namespace

int64_t StorageItemSize(StorageType type) {
  switch (type) {
    case StorageType::kFloat64:
    case StorageType::kInt64:
      return 8;
    case StorageType::kFloat32:
    case StorageType::kInt32:
      return 4;
    case StorageType::kFloat16:
    case StorageType::kBFloat16:
    case StorageType::kInt16:
      return 2;
    case StorageType::kInt8:
    case StorageType::kUint8:
    case StorageType::kBool:
      return 1;
  }
  return 1;
}

bool IsIntegerStorage(StorageType type) {
  return type != StorageType::kFloat32 && type != StorageType::kFloat64 &&
         type != StorageType::kFloat16 && type != StorageType::kBFloat16;
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = (uint32_t{half} & 0x8000u) << 16;
  const uint32_t magnitude = half & 0x7fffu;
  // Below 2^-14 a half counts units of 2^-24.
  const float subnormal = static_cast<float>(magnitude) * 0x1.0p-24f;
  uint32_t bits = std::bit_cast<uint32_t>(subnormal);
  if (magnitude >= 0x7c00u) {  // Infinity and NaN keep all exponent bits set.
    bits = (magnitude << 13) | 0x7f800000u;
  } else if (magnitude >= 0x0400u) {
    bits = (magnitude << 13) + (uint32_t{127 - 15} << 23);
  }
  return std::bit_cast<float>(bits | sign);
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude < 0x38800000u) {
    // Below 2^-14: units of 2^-24, rounded by the float unit's own rule.
    const float units = std::bit_cast<float>(magnitude) * 0x1.0p24f;
    return static_cast<uint16_t>(sign |
                                 static_cast<uint32_t>(std::nearbyint(units)));
  }
  // Half a unit minus one, plus one more where the kept part is odd.
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  if (rounded >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);
  return static_cast<uint16_t>(sign |
                               (rounded - (uint32_t{127 - 15} << 23)) >> 13);
}

float StorageElement(StorageType type, std::span<const std::byte> bytes,
                     int64_t index) {
  switch (type) {
    case StorageType::kFloat32:
      return Element<float>(bytes, index);
    case StorageType::kFloat64:
      return static_cast<float>(Element<double>(bytes, index));
    case StorageType::kFloat16:
      return HalfToFloat(Element<uint16_t>(bytes, index));
    case StorageType::kBFloat16:  // The upper half of a float32.
      return std::bit_cast<float>(uint32_t{Element<uint16_t>(bytes, index)}
                                  << 16);
    case StorageType::kInt64:
      return static_cast<float>(Element<int64_t>(bytes, index));
    case StorageType::kInt32:
      return static_cast<float>(Element<int32_t>(bytes, index));
    case StorageType::kInt16:
      return static_cast<float>(Element<int16_t>(bytes, index));
    case StorageType::kInt8:
      return static_cast<float>(Element<int8_t>(bytes, index));
    case StorageType::kUint8:
    case StorageType::kBool:
      return static_cast<float>(Element<uint8_t>(bytes, index));
  }
  return 0;
}

}  // namespace edge_int8
