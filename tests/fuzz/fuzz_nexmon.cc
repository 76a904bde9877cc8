// Whatever the bytes, NexmonSource refuses them or gives packets of whole,
// finite values.
#include <cstdint>
#include <span>

#include "src/capture/nexmon_source.h"
#include "tests/fuzz/expect_packets.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8;
  ReadOrRefuse([&] {
    MemoryStream bytes(std::as_bytes(std::span(data, size)));
    NexmonSource source("x", bytes, "");
    ExpectWholePackets(source);
  });
  return 0;
}
