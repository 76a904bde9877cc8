#include "src/base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/progress.h"

namespace edge_int8 {

struct Sha256Stream::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest{
      EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  Check(EVP_DigestInit_ex(context_->digest.get(), EVP_sha256(), nullptr) == 1,
        "SHA-256 is not available");
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(std::span<const std::byte> bytes) {
  Check(
      EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size()) == 1,
      "SHA-256 failed");
}

std::string Sha256Stream::Hex() {
  std::array<unsigned char, 32> digest{};
  Check(EVP_DigestFinal_ex(context_->digest.get(), digest.data(), nullptr) == 1,
        "SHA-256 failed");
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string Sha256(std::span<const std::byte> bytes) {
  Sha256Stream hasher;
  hasher.Add(bytes);
  return hasher.Hex();
}

std::string Sha256File(const std::filesystem::path& path) {
  const MappedFile file(path);
  const std::span<const std::byte> bytes = file.bytes();
  constexpr std::size_t kPiece = 1u << 20;
  Progress progress("hashing " + path.filename().string(),
                    static_cast<int64_t>((bytes.size() + kPiece - 1) / kPiece),
                    "MiB");
  Sha256Stream hasher;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, bytes.size() - at);
    hasher.Add(bytes.subspan(at, size));
    progress.Add();
  }
  return hasher.Hex();
}

}  // namespace edge_int8
