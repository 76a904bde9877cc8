#include "src/base/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <memory>

#include "src/base/error.h"
#include "src/base/mapped_file.h"

namespace edge_int8 {
namespace {

class Hasher {
 public:
  Hasher() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    Check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
          "SHA-256 is not available");
  }
  void Add(const void* data, std::size_t size) {
    Check(EVP_DigestUpdate(context_.get(), data, size) == 1, "SHA-256 failed");
  }
  std::string Hex() {
    std::array<unsigned char, 32> digest{};
    Check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1,
          "SHA-256 failed");
    std::string hex;
    for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
    return hex;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string Sha256(std::span<const std::byte> bytes) {
  Hasher hasher;
  hasher.Add(bytes.data(), bytes.size());
  return hasher.Hex();
}

std::string Sha256File(const std::filesystem::path& path) {
  return Sha256(MappedFile(path).bytes());
}

}  // namespace edge_int8
