// NumPy's .npz: a zip archive of .npy arrays, stored or deflated. Tested by
// npz_test.cc, and by the fuzz target fuzz_npz.
#ifndef EDGE_INT8_SRC_FORMATS_NPZ_H_
#define EDGE_INT8_SRC_FORMATS_NPZ_H_

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/formats/npy.h"
#include "src/formats/zip_archive.h"

namespace edge_int8 {

// An array together with its bytes.
class NpyArray {
 public:
  NpyArray(std::string where, std::vector<std::byte> file)
      : file_(std::move(file)), view_(std::move(where), file_) {}
  NpyArray(NpyArray&&) = default;  // A moved vector keeps its bytes in place.
  NpyArray(const NpyArray&) = delete;
  const NpyView& view() const { return view_; }

 private:
  std::vector<std::byte> file_;
  NpyView view_;
};

class Npz {
 public:
  // An array of a data set's tables: 8 bytes for each of 30 million windows.
  static constexpr uint64_t kMostArrayBytes = uint64_t{256} << 20;

  explicit Npz(const std::filesystem::path& path) : archive_(path) {}
  Npz(std::string where, std::span<const std::byte> bytes)
      : archive_(std::move(where), bytes) {}

  // Names of the arrays, without ".npy".
  std::vector<std::string> Names() const;
  bool Has(const std::string& name) const {
    return archive_.Has(name + ".npy");
  }
  NpyArray Read(const std::string& name) const;

 private:
  ZipArchive archive_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPZ_H_
