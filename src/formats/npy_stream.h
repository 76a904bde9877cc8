// A .npy array whose rows come one after the other, their number known only at
// the end: a header of fixed size is written first and filled in by Commit().
// Tested by npy_stream_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_NPY_STREAM_H_
#define EDGE_INT8_SRC_FORMATS_NPY_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/base/tensor.h"

namespace edge_int8 {

class NpyStream {
 public:
  // `row` is the shape of one row, which may have no axes at all.
  NpyStream(const std::filesystem::path& path, std::string dtype,
            int64_t item_size, Shape row);
  // Whole rows, as many as there are.
  void Append(std::span<const std::byte> rows);
  template <typename T>
  void Append(std::span<const T> rows) {
    Append(std::as_bytes(rows));
  }
  int64_t rows() const { return rows_; }
  void Commit();

 private:
  void Flush();

  OutputFile file_;
  const std::string dtype_;
  const Shape row_;
  const std::size_t row_bytes_;
  std::vector<std::byte> waiting_;  // rows are small, writes should not be
  int64_t rows_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPY_STREAM_H_
