// SHA-256 of bytes and files as lowercase hex (OpenSSL). Tested by
// sha256_test.cc against FIPS 180-2 vectors.
#ifndef EDGE_INT8_SRC_BASE_SHA256_H_
#define EDGE_INT8_SRC_BASE_SHA256_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace edge_int8 {

// Of bytes that come in pieces. Hex() ends it.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;
  void Add(std::span<const std::byte> bytes);
  std::string Hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string Sha256(std::span<const std::byte> bytes);

// Maps the file, so a 15 GB file costs no private memory. Throws kBadInput.
std::string Sha256File(const std::filesystem::path& path);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_SHA256_H_
