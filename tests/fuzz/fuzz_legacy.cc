// Whatever the bytes after its magic number, a checkpoint of the format before
// PyTorch 1.6 is refused or gives tensors as large as their shapes.
#include <cstdint>
#include <span>
#include <string>

#include "src/formats/byte_reader.h"
#include "src/formats/torch_legacy.h"
#include "tests/fuzz/expect_tensors.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8;
  const std::string bytes(AsText(std::as_bytes(std::span(data, size))));
  ReadOrRefuse([&] {
    const auto file = OpenTorchLegacy("x", std::as_bytes(std::span(bytes)));
    ExpectWholeTensors(*file, bytes.size());
  });
  return 0;
}
