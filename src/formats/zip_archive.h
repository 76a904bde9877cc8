// Reads the entries of a zip archive from outside (.npz, .pth) with libzip.
// Tested by zip_archive_test.cc, and by the fuzz targets fuzz_npz and
// fuzz_state_dict.
//
// Nothing is ever unpacked to disk. Entries are stored or deflated; they are
// inflated piece by piece, so an entry that declares 4 GB and holds 10 bytes
// costs 10 bytes, and one that inflates past what it declares is an error.
#ifndef EDGE_INT8_SRC_FORMATS_ZIP_ARCHIVE_H_
#define EDGE_INT8_SRC_FORMATS_ZIP_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/mapped_file.h"

struct zip;

namespace edge_int8 {

// Whether a record that ends a directory can be in the file: at its end, which
// a file that is cut short lacks.
bool HasZipEnd(std::span<const std::byte> file);

class ZipArchive {
 public:
  // Throws kBadInput when it is no archive, or when an entry's name is
  // absolute, leaves the archive ("..") or appears twice.
  explicit ZipArchive(const std::filesystem::path& path);
  // Of bytes that the caller keeps alive; `where` names them in messages.
  ZipArchive(std::string where, std::span<const std::byte> bytes);

  const std::string& where() const { return where_; }
  std::size_t file_bytes() const { return bytes_.size(); }
  // In the archive's order.
  const std::vector<std::string>& names() const { return names_; }
  bool Has(const std::string& name) const { return index_.contains(name); }
  // What the entry says its size is; nothing is true about it until it's read.
  uint64_t DeclaredSize(const std::string& name) const;
  // The entry's bytes, checked against its size and CRC. kBadInput when there
  // are more than `most` of them.
  std::vector<std::byte> Read(const std::string& name, uint64_t most) const;

 private:
  struct Close {
    void operator()(zip* archive) const;
  };

  void Open();
  void ReadNames();
  [[noreturn]] void Fail(const std::string& name,
                         const std::string& what) const;

  std::string where_;
  std::optional<MappedFile> file_;
  std::span<const std::byte> bytes_;
  std::unique_ptr<zip, Close> archive_;
  std::vector<std::string> names_;
  std::map<std::string, uint64_t> index_;  // name -> place in the archive
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_ZIP_ARCHIVE_H_
