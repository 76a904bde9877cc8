#include "core/container/wrapper.h"

#include <algorithm>

#include "core/container/artifact.h"
#include "core/container/digest.h"
#include "ei8_generated.h"

namespace edge_int8::core {
namespace {

const uint8_t* AsUint8(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

}  // namespace

std::vector<std::byte> WrapContent(std::span<const std::byte> content) {
  const Digest digest = Sha256Digest(content);
  flatbuffers::FlatBufferBuilder builder(content.size() + 128);
  builder.ForceVectorAlignment(content.size(), 1, kFileAlignment);
  const auto bytes = builder.CreateVector(AsUint8(content), content.size());
  const ei8::Digest sha256(
      flatbuffers::span<const uint8_t, 32>(digest.data(), digest.size()));
  const auto file = ei8::CreateFile(builder, kFormatVersion, &sha256, bytes);
  ei8::FinishFileBuffer(builder, file);
  const auto* first =
      reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {first, first + builder.GetSize()};
}

Status UnwrapContent(std::span<const std::byte> bytes,
                     std::span<const std::byte>* content) {
  if (bytes.size() > kMaxFileBytes) return Status::kFileTooLarge;
  constexpr std::size_t kIdentifierEnd = 8;
  if (bytes.size() < kIdentifierEnd) return Status::kBadWrapper;
  if (!ei8::FileBufferHasIdentifier(bytes.data())) return Status::kNotEi8;
  flatbuffers::Verifier verifier(AsUint8(bytes), bytes.size());
  if (!ei8::VerifyFileBuffer(verifier)) return Status::kBadWrapper;
  const ei8::File* file = ei8::GetFile(bytes.data());
  if (file->version() != kFormatVersion) return Status::kUnknownVersion;
  const auto* stored = file->content();
  const std::span<const std::byte> inside(
      reinterpret_cast<const std::byte*>(stored->data()), stored->size());
  const std::span<const uint8_t> sha256(file->sha256()->bytes()->data(), 32);
  if (!std::ranges::equal(sha256, Sha256Digest(inside))) {
    return Status::kHashMismatch;
  }
  // Offsets, lengths and padding of the wrapper are the hash's blind spot.
  if (!std::ranges::equal(WrapContent(inside), bytes)) {
    return Status::kBadWrapper;
  }
  *content = inside;
  return Status::kOk;
}

}  // namespace edge_int8::core
