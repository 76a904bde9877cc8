#include "src/formats/zip_archive.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <utility>

#include "src/base/error.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;
constexpr std::size_t kSmallestDirectoryEntry = 46;
constexpr std::size_t kLongestEnd = 22 + 0xffff;  // with its comment

// True when a zip64 directory record claims more entries than the file has
// room for: libzip allocates the table of entries on that claim alone. The
// record is found as libzip finds it, by a locator right before an end record
// in the last 64 KiB. APPNOTE.TXT 4.3.14 to 4.3.16.
bool ClaimsImpossibleDirectory(std::span<const std::byte> file) {
  constexpr std::size_t kLocator = 20;
  constexpr std::size_t kRecord = 56;
  const std::string_view text = AsText(file);
  const std::size_t tail = kLongestEnd + kLocator;
  std::size_t at = file.size() > tail ? file.size() - tail : 0;
  while ((at = text.find("PK\x06\x07", at)) != std::string_view::npos) {
    ByteReader locator("", file.subspan(at));
    at += 4;
    if (locator.remaining() < kLocator) break;
    locator.Take(8, "");
    const auto offset = locator.Little<uint64_t>("");
    if (offset > file.size() || file.size() - offset < kRecord) continue;
    // An archive inside this one (a torch.export's) has places of its own.
    const auto begin = static_cast<std::size_t>(offset);
    if (!text.substr(begin).starts_with("PK\x06\x06")) continue;
    ByteReader record("", file.subspan(begin));
    record.Take(24, "");
    const auto here = record.Little<uint64_t>("");
    const auto all = record.Little<uint64_t>("");
    if (std::max(here, all) > file.size() / kSmallestDirectoryEntry) {
      return true;
    }
  }
  return false;
}

// Only names that stay inside the archive, written one way.
bool IsPlainName(const std::string& name) {
  if (name.empty() || name.front() == '/') return false;
  if (name.find('\\') != std::string::npos) return false;
  if (name.size() > 1 && name[1] == ':') return false;  // "C:..."
  return std::ranges::none_of(
      std::filesystem::path(name),
      [](const std::filesystem::path& part) { return part == ".."; });
}

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

}  // namespace

// libzip's versions name its absence by different codes.
bool HasZipEnd(std::span<const std::byte> file) {
  const std::string_view text = AsText(file);
  const std::size_t at =
      text.size() > kLongestEnd ? text.size() - kLongestEnd : 0;
  return text.find("PK\x05\x06", at) != std::string_view::npos;
}

void ZipArchive::Close::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(const std::filesystem::path& path)
    : where_(path.string()), file_(path), bytes_(file_->bytes()) {
  Open();
}

ZipArchive::ZipArchive(std::string where, std::span<const std::byte> bytes)
    : where_(std::move(where)), bytes_(bytes) {
  Open();
}

void ZipArchive::Open() {
  // libzip takes an empty file for an archive of no entries.
  if (bytes_.empty()) {
    FailInput(where_, "is not a readable zip archive: the file is empty");
  }
  if (ClaimsImpossibleDirectory(bytes_)) {
    FailInput(where_, "declares more zip entries than its size has room for");
  }
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source =
      zip_source_buffer_create(bytes_.data(), bytes_.size(), 0, &error);
  Check(source != nullptr, "libzip has no memory for a source");
  archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  if (!archive_) {
    zip_source_free(source);  // Not taken over when opening fails.
    // The directory is at the end: a file that is cut short has none and so
    // is no archive to libzip.
    if (AsText(bytes_).starts_with("PK")) {
      FailInput(where_,
                fmt::format("is a zip archive that is cut short or damaged: {}",
                            HasZipEnd(bytes_)
                                ? reason
                                : "the directory at its end is missing"));
    }
    FailInput(where_, fmt::format("is not a readable zip archive: {}", reason));
  }
  ReadNames();
}

void ZipArchive::ReadNames() {
  const auto count =
      static_cast<uint64_t>(zip_get_num_entries(archive_.get(), 0));
  for (uint64_t i = 0; i < count; ++i) {
    const char* const raw = zip_get_name(archive_.get(), i, ZIP_FL_ENC_RAW);
    const std::string name = raw != nullptr ? raw : "";
    if (!IsPlainName(name)) {
      Fail(name, "expected a name inside the archive");
    }
    if (!index_.emplace(name, i).second) Fail(name, "appears twice");
    names_.push_back(name);
  }
}

uint64_t ZipArchive::DeclaredSize(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) Fail(name, "is missing");
  zip_stat_t info;
  zip_stat_init(&info);
  constexpr zip_uint64_t kNeeded =
      ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if (zip_stat_index(archive_.get(), found->second, 0, &info) != 0 ||
      (info.valid & kNeeded) != kNeeded) {
    Fail(name, "has no size");
  }
  if (info.encryption_method != ZIP_EM_NONE) Fail(name, "is encrypted");
  if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE) {
    Fail(name, fmt::format("is compressed by method {}, expected stored or "
                           "deflated",
                           info.comp_method));
  }
  return info.size;
}

std::vector<std::byte> ZipArchive::Read(const std::string& name,
                                        uint64_t most) const {
  const uint64_t declared = DeclaredSize(name);
  if (declared > most) {
    Fail(name,
         fmt::format("declares {} bytes, expected at most {}", declared, most));
  }
  const std::unique_ptr<zip_file_t, CloseEntry> entry(
      zip_fopen_index(archive_.get(), index_.at(name), 0));
  if (!entry) Fail(name, zip_strerror(archive_.get()));
  std::vector<std::byte> bytes;
  std::vector<std::byte> piece(kPiece);
  while (true) {
    const zip_int64_t got = zip_fread(entry.get(), piece.data(), kPiece);
    if (got < 0) {
      Fail(name, fmt::format("can't be read past byte {}: {}", bytes.size(),
                             zip_file_strerror(entry.get())));
    }
    if (got == 0) break;
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + got);
    if (bytes.size() > declared) break;
  }
  if (bytes.size() != declared) {
    Fail(name, fmt::format("declares {} bytes and holds {}", declared,
                           bytes.size() > declared ? "more" : "fewer"));
  }
  return bytes;
}

void ZipArchive::Fail(const std::string& name, const std::string& what) const {
  FailInput(fmt::format("{}, entry '{}'", where_, name), what);
}

}  // namespace edge_int8
