// Whatever the bytes, ReadStateDict refuses them or gives tensors as large as
// their shapes. Bytes are tried as an archive, and as the pickle inside one
// whose checksums are right: a checksum stops a fuzzer at the door.
#include <cstdint>
#include <span>
#include <string>

#include "src/formats/byte_reader.h"
#include "src/formats/state_dict.h"
#include "src/formats/stored_zip.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(std::span<const std::byte> archive) {
  ReadOrRefuse([&] {
    for (const NamedTensor& tensor : ReadStateDict("x.pth", archive)) {
      Expect(ElementCount(tensor.tensor.shape) == tensor.tensor.size());
    }
  });
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  edge_int8::Try(bytes);
  const std::string wrapped = edge_int8::StoredZip(
      {{"x/data.pkl", std::string(edge_int8::AsText(bytes))},
       {"x/data/0", std::string(96, '\x3f')},
       {"x/data/1", std::string(8, '\x01')},
       {"x/data/2", ""}});
  edge_int8::Try(std::as_bytes(std::span(wrapped)));
  return 0;
}
