// NumPy's .npy arrays, versions 1 to 3. Tested by npy_test.cc, and by the fuzz
// target fuzz_npy.
//
// float32, float64, integers, bool, text and object; anything else is an error
// that says how to convert the file. Big-endian arrays and those in Fortran
// order are rearranged in memory up to kMostRearranged; larger ones are refused
// with the command that rewrites them in pieces. The declared
// size must be exactly the bytes that are there, so a header alone never makes
// anyone allocate.
#ifndef EDGE_INT8_SRC_FORMATS_NPY_H_
#define EDGE_INT8_SRC_FORMATS_NPY_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "src/base/mapped_file.h"
#include "src/base/tensor.h"
#include "src/formats/npy_header.h"

namespace edge_int8 {

inline constexpr std::size_t kMostRearranged = std::size_t{64} << 20;  // bytes

// An array in bytes that somebody else owns.
class NpyView {
 public:
  // `where` names the file in messages. Throws kBadInput unless `file` holds
  // one whole array and nothing else.
  NpyView(std::string where, std::span<const std::byte> file);

  const std::string& where() const { return where_; }
  NpyType type() const { return header_.type; }
  const std::string& type_name() const { return header_.type_name; }
  int64_t item_size() const { return header_.item_size; }
  const Shape& shape() const { return header_.shape; }
  int64_t size() const { return size_; }  // elements
  std::span<const std::byte> data() const { return data_; }
  std::size_t data_position() const { return data_position_; }

  // The values in place: float, double, int32_t, int64_t or uint8_t (also for
  // bool). kBadInput when the file holds another type or is not aligned.
  template <typename T>
  std::span<const T> Values() const {
    CheckValues(TypeOf<T>(), sizeof(T));
    return {reinterpret_cast<const T*>(data_.data()),
            static_cast<std::size_t>(size_)};
  }
  std::vector<int64_t> Integers() const;  // of any integer type
  // 0 or 1: of bool, of bytes (all but 0 are true), or of integers 0 and 1.
  std::vector<uint8_t> Booleans() const;
  // Of float32, float16 and float64, rounded.
  std::vector<float> Floats() const;

  // kBadInput unless the type is one of these.
  void ExpectFloats() const;

  // kBadInput unless the shape is `expected`, where -1 stands for any extent.
  void ExpectShape(const Shape& expected) const;
  [[noreturn]] void Fail(std::string_view what) const;

 private:
  template <typename T>
  static constexpr NpyType TypeOf() {
    if constexpr (std::is_same_v<T, float>) return NpyType::kFloat32;
    if constexpr (std::is_same_v<T, double>) return NpyType::kFloat64;
    if constexpr (std::is_same_v<T, int32_t>) return NpyType::kInt32;
    if constexpr (std::is_same_v<T, int64_t>) return NpyType::kInt64;
    if constexpr (std::is_same_v<T, uint8_t>) return NpyType::kUint8;
  }
  // Brings the data into this machine's byte order and C order.
  void Rearrange();
  void CheckValues(NpyType wanted, std::size_t alignment) const;
  // "holds <f8, expected ...", and how to convert numbers to `dtype`.
  [[noreturn]] void FailType(std::string_view expected,
                             std::string_view dtype) const;

  std::string where_;
  NpyHeader header_;
  int64_t size_ = 0;
  std::size_t data_position_ = 0;
  std::span<const std::byte> data_;
  // What data_ is of, when it had to be rearranged.
  std::shared_ptr<const std::vector<std::byte>> rearranged_;
};

// A .npy file mapped into memory; costs address space, not memory.
class MappedNpy {
 public:
  explicit MappedNpy(const std::filesystem::path& path)
      : file_(path), view_(path.string(), file_.bytes()) {}
  const NpyView& view() const { return view_; }

 private:
  MappedFile file_;  // Moving it leaves the mapping where it is.
  NpyView view_;
};

// A small float32 or float64 array as a tensor.
Tensor ReadNpyTensor(const std::filesystem::path& path);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPY_H_
