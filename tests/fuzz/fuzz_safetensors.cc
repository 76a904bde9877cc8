// Whatever the bytes, a safetensors file is refused or gives tensors as large
// as their shapes. Bytes are tried as a file, and as the header of one, since a
// fuzzer seldom guesses the length before it.
#include <cstdint>
#include <span>
#include <string>

#include "src/formats/byte_reader.h"
#include "src/formats/safetensors.h"
#include "tests/fuzz/expect_tensors.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(const std::string& bytes) {
  ReadOrRefuse([&] {
    const auto file = OpenSafetensors("x", std::as_bytes(std::span(bytes)));
    ExpectWholeTensors(*file, bytes.size());
  });
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string bytes(
      edge_int8::AsText(std::as_bytes(std::span(data, size))));
  edge_int8::Try(bytes);
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(size >> (8 * i));
  edge_int8::Try(length + bytes + std::string(64, '\x3f'));
  return 0;
}
