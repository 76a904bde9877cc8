#include "src/formats/stored_zip.h"

#include <zip.h>

#include <cstddef>
#include <memory>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

struct CloseSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, CloseSource>;

// zip_discard drops an archive whose closing failed; a closed one is released.
struct DiscardArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, DiscardArchive>;

void AddStored(zip_t* archive, const std::string& name,
               const std::string& bytes) {
  // The source is the archive's as soon as it is added.
  zip_source_t* data = zip_source_buffer(archive, bytes.data(), bytes.size(),
                                         /*freep=*/0);
  Check(data != nullptr, "libzip has no memory for a source");
  const zip_int64_t index =
      zip_file_add(archive, name.c_str(), data, ZIP_FL_ENC_UTF_8);
  Check(index >= 0, "libzip refuses a member");
  const auto member = static_cast<zip_uint64_t>(index);
  // 1980-01-01 00:00, the earliest a zip can say (and what NumPy writes).
  const zip_uint16_t first_day = 1 << 5 | 1;
  Check(zip_set_file_compression(archive, member, ZIP_CM_STORE, 0) == 0 &&
            zip_file_set_dostime(archive, member, 0, first_day, 0) == 0,
        "libzip refuses a member's settings");
}

std::string Contents(zip_source_t* source) {
  zip_stat_t stat;
  Check(zip_source_stat(source, &stat) == 0 && (stat.valid & ZIP_STAT_SIZE) &&
            zip_source_open(source) == 0,
        "libzip lost the archive it wrote");
  std::string bytes(static_cast<std::size_t>(stat.size), '\0');
  const zip_int64_t count = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  Check(count == static_cast<zip_int64_t>(bytes.size()),
        "libzip lost the archive it wrote");
  return bytes;
}

}  // namespace

std::string StoredZip(const ZipMembers& members) {
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  Check(source != nullptr, "libzip has no memory for a buffer");
  Archive archive(zip_open_from_source(source.get(), ZIP_TRUNCATE, &error));
  zip_error_fini(&error);
  Check(archive != nullptr, "libzip can't start an archive in memory");
  zip_source_keep(source.get());  // zip_close gives back one reference.
  for (const auto& [name, bytes] : members) {
    AddStored(archive.get(), name, bytes);
  }
  Check(zip_close(archive.get()) == 0, "libzip can't finish the archive");
  static_cast<void>(archive.release());
  return Contents(source.get());
}

}  // namespace edge_int8
