// Zip archives in memory, right and wrong, for tests of what reads them.
#ifndef EDGE_INT8_TESTS_TESTING_ZIP_BYTES_H_
#define EDGE_INT8_TESTS_TESTING_ZIP_BYTES_H_

#include <zip.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include "src/formats/stored_zip.h"

namespace edge_int8 {

// StoredZip's members, deflated as np.savez_compressed does.
inline std::string DeflatedZip(const ZipMembers& members) {
  zip_source_t* const source = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(source);
  zip_t* const archive =
      zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [name, content] : members) {
    const auto index = static_cast<zip_uint64_t>(zip_file_add(
        archive, name.c_str(),
        zip_source_buffer(archive, content.data(), content.size(), 0), 0));
    zip_set_file_compression(archive, index, ZIP_CM_DEFLATE, 9);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("zip_close failed");
  zip_source_open(source);
  zip_stat_t info;
  zip_source_stat(source, &info);
  std::string bytes(info.size, '\0');
  zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  zip_source_free(source);
  return bytes;
}

inline void ReplaceAll(std::string& bytes, std::string_view from,
                       std::string_view to) {
  for (std::size_t at = 0; (at = bytes.find(from, at)) != std::string::npos;
       at += to.size()) {
    bytes.replace(at, from.size(), to);
  }
}

inline void PutLittle(std::string& bytes, std::size_t at, uint64_t value,
                      int count) {
  for (int i = 0; i < count; ++i) {
    bytes[at + static_cast<std::size_t>(i)] =
        static_cast<char>(value >> (8 * i));
  }
}

// Makes the first entry's directory record declare `size` bytes inflated.
inline void SetDeclaredSize(std::string& bytes, uint32_t size) {
  PutLittle(bytes, bytes.find("PK\x01\x02") + 24, size, 4);
}

// Puts a zip64 end record that claims `entries` before the end record.
// APPNOTE.TXT 4.3.14 to 4.3.16.
inline void ClaimZip64Entries(std::string& bytes, uint64_t entries) {
  const std::size_t end = bytes.rfind("PK\x05\x06");
  const uint64_t directory = bytes.find("PK\x01\x02");
  std::string record(56 + 20, '\0');
  record.replace(0, 4, "PK\x06\x06");
  PutLittle(record, 4, 44, 8);
  PutLittle(record, 24, entries, 8);
  PutLittle(record, 32, entries, 8);
  PutLittle(record, 40, end - directory, 8);
  PutLittle(record, 48, directory, 8);
  record.replace(56, 4, "PK\x06\x07");
  PutLittle(record, 64, end, 8);
  PutLittle(record, 72, 1, 4);
  PutLittle(bytes, end + 8, 0xffffffffffffffffu, 8);  // "See the zip64 record"
  PutLittle(bytes, end + 16, 0xffffffffu, 4);
  bytes.insert(end, record);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_ZIP_BYTES_H_
