#include "core/container/wrapper.h"

#include <algorithm>
#include <array>

#include "core/container/artifact.h"
#include "core/container/digest.h"
#include "core/container/format_version.h"

namespace edge_int8::core {
namespace {

using Header = std::array<uint8_t, kHeaderBytes>;

constexpr std::size_t kIdentifierAt = 4;
constexpr std::size_t kVersionAt = 28;
constexpr std::size_t kDigestAt = 36;
constexpr std::size_t kLengthAt = 68;

// Everything but version, digest and length, which are 0 here. A vtable's
// offsets count from the table's start, the others from where they stand.
constexpr Header kLayout = {
    24,  0,   0,   0,          //  0: the table is at 24
    'E', 'I', '8', 'A',        //  4: file identifier
    10,  0,   44,  0,          //  8: vtable of 10 bytes, table of 44
    4,   0,   12,  0,   8, 0,  // 12: version at 28, sha256 at 36, content at 32
    0,   0,   0,   0,   0, 0,  // 18: padding
    16,  0,   0,   0,          // 24: the vtable is at 24 - 16
    0,   0,   0,   0,          // 28: version
    36,  0,   0,   0,          // 32: the content's length is at 68
    0,   0,   0,   0,   0, 0, 0, 0,  // 36: sha256
    0,   0,   0,   0,   0, 0, 0, 0,  //
    0,   0,   0,   0,   0, 0, 0, 0,  //
    0,   0,   0,   0,   0, 0, 0, 0,  //
    0,   0,   0,   0};               // 68: the content's length

void PutUint32(std::size_t at, uint32_t value, Header* header) {
  for (std::size_t i = 0; i < 4; ++i) {
    (*header)[at + i] = static_cast<uint8_t>(value >> (8 * i));
  }
}

uint32_t GetUint32(const Header& header, std::size_t at) {
  uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | header[at + i];
  return value;
}

Header MakeHeader(uint32_t version, uint32_t length, const Digest& digest) {
  Header header = kLayout;
  PutUint32(kVersionAt, version, &header);
  PutUint32(kLengthAt, length, &header);
  std::ranges::copy(digest, header.begin() + kDigestAt);
  return header;
}

}  // namespace

std::vector<std::byte> WrapContent(std::span<const std::byte> content,
                                   uint32_t version) {
  const Header header = MakeHeader(
      version, static_cast<uint32_t>(content.size()), Sha256Digest(content));
  std::vector<std::byte> file;
  file.reserve(header.size() + content.size());
  for (const uint8_t byte : header) file.push_back(std::byte{byte});
  file.insert(file.end(), content.begin(), content.end());
  return file;
}

Status UnwrapContent(std::span<const std::byte> bytes,
                     std::span<const std::byte>* content, uint32_t* version) {
  if (bytes.size() > kMaxFileBytes) return Status::kFileTooLarge;
  Header header = {};
  std::ranges::transform(bytes.first(std::min(bytes.size(), kHeaderBytes)),
                         header.begin(), std::to_integer<uint8_t>);
  if (bytes.size() < kIdentifierAt + 4) return Status::kBadWrapper;
  if (!std::equal(header.begin() + kIdentifierAt,
                  header.begin() + kIdentifierAt + 4,
                  kLayout.begin() + kIdentifierAt)) {
    return Status::kNotEi8;
  }
  if (bytes.size() < kHeaderBytes) return Status::kBadWrapper;
  *version = GetUint32(header, kVersionAt);
  const auto inside = bytes.subspan(kHeaderBytes);
  Digest digest;
  std::copy_n(header.begin() + kDigestAt, digest.size(), digest.begin());
  const auto length = static_cast<uint32_t>(inside.size());
  if (header != MakeHeader(*version, length, digest)) {
    return Status::kBadWrapper;
  }
  if (*version < kFirstVersion || *version > kLastVersion) {
    return Status::kUnknownVersion;
  }
  if (digest != Sha256Digest(inside)) return Status::kHashMismatch;
  *content = inside;
  return Status::kOk;
}

}  // namespace edge_int8::core
