#include "src/capture/mat5_arrays.h"

#include <fmt/format.h>
#include <matio.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/base/file_size.h"
#include "src/capture/block_order.h"
#include "src/formats/npy_stream.h"

namespace edge_int8 {
namespace {

constexpr int kMostMat5Axes = 6;
constexpr std::size_t kMostMat5Names = 100000;

using Mat = std::unique_ptr<mat_t, decltype(&Mat_Close)>;
using Variable = std::unique_ptr<matvar_t, decltype(&Mat_VarFree)>;

Mat Open(const std::filesystem::path& file) {
  Mat mat(Mat_Open(file.c_str(), MAT_ACC_RDONLY), &Mat_Close);
  if (!mat) FailInput(file.string(), "is no MATLAB file, or damaged");
  return mat;
}

// NumPy's type of what is written; nothing for cells, structs, text, sparse.
const char* TypeOf(const matvar_t& variable) {
  if (variable.isComplex != 0) return "<f4";
  switch (variable.class_type) {
    case MAT_C_INT8:
      return "|i1";
    case MAT_C_UINT8:
      return "|u1";
    case MAT_C_INT16:
      return "<i2";
    case MAT_C_DOUBLE:
    case MAT_C_SINGLE:
    case MAT_C_UINT16:
    case MAT_C_INT32:
    case MAT_C_UINT32:
    case MAT_C_INT64:
    case MAT_C_UINT64:
      return "<f4";
    default:
      return nullptr;
  }
}

std::optional<Shape> ShapeOf(const matvar_t& variable) {
  if (variable.rank < 1 || variable.rank > kMostMat5Axes ||
      variable.dims == nullptr) {
    return std::nullopt;
  }
  Shape shape;
  double count = 1;
  for (int i = 0; i < variable.rank; ++i) {
    count *= static_cast<double>(variable.dims[i]);
    if (variable.dims[i] == 0 || count > 2e9) return std::nullopt;
    shape.push_back(static_cast<int64_t>(variable.dims[i]));
  }
  return shape;
}

template <typename T>
void Convert(const void* data, std::vector<float>& values) {
  const T* const typed = static_cast<const T*>(data);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(typed[i]);
  }
}

void ToFloats(matio_classes type, const void* data,
              std::vector<float>& values) {
  switch (type) {
    case MAT_C_DOUBLE:
      return Convert<double>(data, values);
    case MAT_C_SINGLE:
      return Convert<float>(data, values);
    case MAT_C_INT8:
      return Convert<int8_t>(data, values);
    case MAT_C_UINT8:
      return Convert<uint8_t>(data, values);
    case MAT_C_INT16:
      return Convert<int16_t>(data, values);
    case MAT_C_UINT16:
      return Convert<uint16_t>(data, values);
    case MAT_C_INT32:
      return Convert<int32_t>(data, values);
    case MAT_C_UINT32:
      return Convert<uint32_t>(data, values);
    case MAT_C_INT64:
      return Convert<int64_t>(data, values);
    case MAT_C_UINT64:
      return Convert<uint64_t>(data, values);
    default:
      Check(false, "no type of numbers");
  }
}

std::vector<float> Floats(const matvar_t& variable, std::size_t count) {
  std::vector<float> values(count);
  if (variable.isComplex == 0) {
    ToFloats(variable.class_type, variable.data, values);
    return values;
  }
  const auto* parts = static_cast<const mat_complex_split_t*>(variable.data);
  std::vector<float> imaginary(count);
  ToFloats(variable.class_type, parts->Re, values);
  ToFloats(variable.class_type, parts->Im, imaginary);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = std::hypot(values[i], imaginary[i]);
  }
  return values;
}

}  // namespace

std::vector<ArrayInfo> ListMat5(const std::filesystem::path& file) {
  const Mat mat = Open(file);
  std::vector<ArrayInfo> arrays;
  while (arrays.size() < kMostMat5Names) {
    const Variable variable(Mat_VarReadNextInfo(mat.get()), &Mat_VarFree);
    if (!variable) break;
    const auto shape = ShapeOf(*variable);
    const char* const type = TypeOf(*variable);
    if (!shape || type == nullptr || variable->name == nullptr) continue;
    arrays.push_back({variable->name, *shape, type});
  }
  return arrays;
}

void ExtractMat5(const std::filesystem::path& file, const std::string& name,
                 WindowAxis axis, const std::filesystem::path& out) {
  const std::string where = fmt::format("{}: '{}'", file.string(), name);
  const Mat mat = Open(file);
  const Variable variable(Mat_VarReadInfo(mat.get(), name.c_str()),
                          &Mat_VarFree);
  const auto shape = variable ? ShapeOf(*variable) : std::nullopt;
  const char* const type = variable ? TypeOf(*variable) : nullptr;
  if (!shape || type == nullptr) FailInput(where, "is no array of numbers");
  const auto count = static_cast<std::size_t>(ElementCount(*shape));
  const auto bytes = static_cast<double>(std::filesystem::file_size(file));
  const double needed =
      static_cast<double>(count) *
      static_cast<double>(Mat_SizeOfClass(variable->class_type));
  // zlib reaches 1000 to 1; recordings don't. As for a checkpoint's tensors.
  if (needed > 8 * bytes + (64 << 20)) {
    FailInput(where, fmt::format("declares {}, expected at most 8 bytes for "
                                 "each byte of the file and 64 MiB",
                                 BytesText(needed)));
  }
  if (Mat_VarReadDataAll(mat.get(), variable.get()) != 0 ||
      variable->data == nullptr) {
    FailInput(where, "its values can't be read: damaged data");
  }
  // The first axis is the fastest: C order of the axes the other way around.
  Shape stored(shape->rbegin(), shape->rend());
  std::vector<std::size_t> order(stored.size());
  std::iota(order.rbegin(), order.rend(), std::size_t{0});
  if (axis == WindowAxis::kLast) {
    std::rotate(order.begin(), order.end() - 1, order.end());
  }
  Shape row;
  for (std::size_t i = 1; i < order.size(); ++i) {
    row.push_back(stored[order[i]]);
  }
  const bool floats = std::string_view(type) == "<f4";
  const std::size_t item = floats ? 4 : type[2] == '2' ? 2 : 1;
  std::vector<float> values;
  if (floats) values = Floats(*variable, count);
  const auto* const from = static_cast<const std::byte*>(
      floats ? static_cast<const void*>(values.data()) : variable->data);
  std::vector<std::byte> permuted(count * item);
  PermuteAxes(from, stored, order, item, permuted.data());
  NpyStream stream(out, type, static_cast<int64_t>(item), row);
  stream.Append(std::span<const std::byte>(permuted));
  stream.Commit();
}

}  // namespace edge_int8
