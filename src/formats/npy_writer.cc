#include "src/formats/npy_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstddef>

#include "src/base/error.h"
#include "src/formats/pickle_writer.h"

namespace edge_int8 {
namespace {

static_assert(std::endian::native == std::endian::little,
              "arrays are written as they lie in memory");

template <typename Value>
std::string Whole(std::string_view dtype, const Shape& shape,
                  std::span<const Value> values) {
  Check(ElementCount(shape) == static_cast<int64_t>(values.size()),
        "npy values do not match their shape");
  std::string bytes = NpyHeaderBytes(dtype, shape);
  bytes.append(reinterpret_cast<const char*>(values.data()),
               values.size_bytes());
  return bytes;
}

}  // namespace

std::string NpyHeaderBytes(std::string_view dtype, const Shape& shape,
                           std::size_t least) {
  std::string extents;
  for (const int64_t extent : shape) extents += fmt::format("{}, ", extent);
  // Python writes (3,) for one extent and (3, 4) for two.
  if (shape.size() == 1) extents.pop_back();
  if (shape.size() > 1) extents.resize(extents.size() - 2);
  std::string fields =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                  dtype, extents);
  const std::size_t before = 10;  // magic, version, two length bytes
  const std::size_t padded =
      (std::max(before + fields.size() + 1, least) + 63) / 64 * 64;
  fields.resize(padded - before - 1, ' ');
  fields += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(fields.size() & 0xff);
  header += static_cast<char>(fields.size() >> 8);
  return header + fields;
}

std::string NpyBytes(const Shape& shape, std::span<const float> values) {
  return Whole("<f4", shape, values);
}

std::string NpyBytes(const Shape& shape, std::span<const int64_t> values) {
  return Whole("<i8", shape, values);
}

std::string NpyBytes(const std::vector<std::string>& values) {
  return NpyHeaderBytes("|O", {static_cast<int64_t>(values.size())}) +
         PickleObjectArray(values);
}

}  // namespace edge_int8
