#include "src/capture/hdf5_arrays.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/capture/block_order.h"
#include "src/formats/npy_stream.h"

namespace edge_int8 {
namespace {

constexpr int kMostAxes = 6;
constexpr std::size_t kMostNames = 100000;
constexpr int64_t kBlockBytes = int64_t{16} << 20;

// An identifier of the library, closed at the end.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }  // NOLINT: it stands for the number

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

struct ValueType {
  hid_t memory = -1;  // as which values are read
  std::string dtype;  // of what is written
  std::size_t item = 4;
  bool complex = false;
};

std::optional<ValueType> TypeOf(hid_t stored) {
  const H5T_class_t kind = H5Tget_class(stored);
  const std::size_t size = H5Tget_size(stored);
  if (kind == H5T_FLOAT) return ValueType{H5T_NATIVE_FLOAT, "<f4", 4, false};
  if (kind == H5T_INTEGER) {
    const bool is_signed = H5Tget_sign(stored) == H5T_SGN_2;
    if (size == 1 && is_signed)
      return ValueType{H5T_NATIVE_INT8, "|i1", 1, false};
    if (size == 1) return ValueType{H5T_NATIVE_UINT8, "|u1", 1, false};
    if (size == 2 && is_signed) {
      return ValueType{H5T_NATIVE_INT16, "<i2", 2, false};
    }
    return ValueType{H5T_NATIVE_FLOAT, "<f4", 4, false};
  }
  if (kind != H5T_COMPOUND || H5Tget_nmembers(stored) != 2) return std::nullopt;
  // Complex numbers, as h5py ("r", "i") and MATLAB ("real", "imag") store them.
  char* const first = H5Tget_member_name(stored, 0);
  char* const second = H5Tget_member_name(stored, 1);
  const std::string names[2] = {first == nullptr ? "" : first,
                                second == nullptr ? "" : second};
  H5free_memory(first);
  H5free_memory(second);
  if (H5Tget_member_class(stored, 0) != H5T_FLOAT ||
      H5Tget_member_class(stored, 1) != H5T_FLOAT || names[0].empty() ||
      names[0][0] != 'r' || names[1].empty() || names[1][0] != 'i') {
    return std::nullopt;
  }
  const hid_t memory = H5Tcreate(H5T_COMPOUND, 2 * sizeof(float));
  H5Tinsert(memory, names[0].c_str(), 0, H5T_NATIVE_FLOAT);
  H5Tinsert(memory, names[1].c_str(), sizeof(float), H5T_NATIVE_FLOAT);
  return ValueType{memory, "<f4", 4, true};
}

struct Opened {
  ValueType type;
  Shape stored;
};

// Nothing where a dataset is not an array of numbers, or lies in other files.
std::optional<Opened> Describe(hid_t dataset) {
  const Handle plan(H5Dget_create_plist(dataset), H5Pclose);
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const Handle stored(H5Dget_type(dataset), H5Tclose);
  if (plan < 0 || space < 0 || stored < 0 || H5Pget_external_count(plan) != 0 ||
      H5Pget_layout(plan) == H5D_VIRTUAL ||
      H5Sget_simple_extent_type(space) != H5S_SIMPLE) {
    return std::nullopt;
  }
  const int rank = H5Sget_simple_extent_ndims(space);
  if (rank < 1 || rank > kMostAxes) return std::nullopt;
  hsize_t extents[kMostAxes];
  H5Sget_simple_extent_dims(space, extents, nullptr);
  auto type = TypeOf(stored);
  if (!type) return std::nullopt;
  Opened opened{*type, {}};
  double count = 1;
  for (int i = 0; i < rank; ++i) {
    count *= static_cast<double>(extents[i]);
    if (extents[i] == 0 || count > 1e15) return std::nullopt;
    opened.stored.push_back(static_cast<int64_t>(extents[i]));
  }
  return opened;
}

herr_t CollectName(hid_t, const char* name, const H5O_info_t* info,
                   void* names) {
  auto& list = *static_cast<std::vector<std::string>*>(names);
  if (info->type == H5O_TYPE_DATASET) list.emplace_back(name);
  return list.size() < kMostNames ? 0 : 1;
}

Handle OpenFile(const std::filesystem::path& file) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return {H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
}

// The stored axes in the order in which they are written: windows first, the
// others as the user counts them.
std::vector<std::size_t> WrittenOrder(std::size_t rank, bool matlab,
                                      WindowAxis axis) {
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (matlab) std::ranges::reverse(order);
  if (axis == WindowAxis::kLast) {
    std::rotate(order.begin(), order.end() - 1, order.end());
  }
  return order;
}

void WriteBlocks(const std::string& where, hid_t dataset, const Opened& opened,
                 const std::vector<std::size_t>& order, NpyStream& out) {
  const std::size_t windows = order[0];
  const int64_t count = opened.stored[windows];
  const int64_t row = ElementCount(opened.stored) / count;
  const std::size_t item = opened.type.item * (opened.type.complex ? 2 : 1);
  const int64_t block = std::clamp<int64_t>(
      kBlockBytes / (row * static_cast<int64_t>(item)), 1, count);
  const Handle space(H5Dget_space(dataset), H5Sclose);
  std::vector<std::byte> in, permuted;
  std::vector<float> amplitudes;
  for (int64_t first = 0; first < count; first += block) {
    Shape shape = opened.stored;
    shape[windows] = std::min(block, count - first);
    std::vector<hsize_t> start(shape.size()), size(shape.begin(), shape.end());
    start[windows] = static_cast<hsize_t>(first);
    const Handle memory(
        H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr),
        H5Sclose);
    in.resize(static_cast<std::size_t>(ElementCount(shape)) * item);
    permuted.resize(in.size());
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr,
                        size.data(), nullptr);
    if (H5Dread(dataset, opened.type.memory, memory, space, H5P_DEFAULT,
                in.data()) < 0) {
      FailInput(where,
                "its values can't be read: a filter that is not here, "
                "or damaged data");
    }
    PermuteAxes(in.data(), shape, order, item, permuted.data());
    if (!opened.type.complex) {
      out.Append(std::span<const std::byte>(permuted));
      continue;
    }
    const auto* parts = reinterpret_cast<const float*>(permuted.data());
    amplitudes.resize(permuted.size() / (2 * sizeof(float)));
    for (std::size_t i = 0; i < amplitudes.size(); ++i) {
      amplitudes[i] = std::hypot(parts[2 * i], parts[2 * i + 1]);
    }
    out.Append(std::span<const float>(amplitudes));
  }
}

}  // namespace

std::vector<ArrayInfo> ListHdf5(const std::filesystem::path& file,
                                bool matlab) {
  const Handle opened = OpenFile(file);
  if (opened < 0) FailInput(file.string(), "is no HDF5 file, or damaged");
  std::vector<std::string> names;
  H5Ovisit(opened, H5_INDEX_NAME, H5_ITER_INC, &CollectName, &names);
  std::vector<ArrayInfo> arrays;
  for (const std::string& name : names) {
    // "#refs#" holds the inside of MATLAB's cells.
    if (matlab && name.starts_with("#")) continue;
    const Handle dataset(H5Dopen2(opened, name.c_str(), H5P_DEFAULT), H5Dclose);
    if (dataset < 0) continue;
    auto description = Describe(dataset);
    if (!description) continue;
    Shape shape = description->stored;
    if (matlab) std::ranges::reverse(shape);
    arrays.push_back({name, shape, description->type.dtype});
  }
  return arrays;
}

void ExtractHdf5(const std::filesystem::path& file, bool matlab,
                 const std::string& name, WindowAxis axis,
                 const std::filesystem::path& out) {
  const std::string where = fmt::format("{}: '{}'", file.string(), name);
  const Handle opened = OpenFile(file);
  const Handle dataset(H5Dopen2(opened, name.c_str(), H5P_DEFAULT), H5Dclose);
  const auto description =
      dataset < 0 ? std::optional<Opened>() : Describe(dataset);
  if (!description) FailInput(where, "is no array of numbers in this file");
  const std::vector<std::size_t> order =
      WrittenOrder(description->stored.size(), matlab, axis);
  Shape row;
  for (std::size_t i = 1; i < order.size(); ++i) {
    row.push_back(description->stored[order[i]]);
  }
  NpyStream stream(out, description->type.dtype,
                   static_cast<int64_t>(description->type.item), row);
  WriteBlocks(where, dataset, *description, order, stream);
  stream.Commit();
}

}  // namespace edge_int8
