// Whatever the bytes, Iwl5300Source refuses them or gives packets of whole,
// finite values.
#include <cstdint>
#include <span>

#include "src/capture/iwl5300_source.h"
#include "tests/fuzz/expect_packets.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace edge_int8;
  ReadOrRefuse([&] {
    MemoryStream bytes(std::as_bytes(std::span(data, size)));
    Iwl5300Source source("x", bytes);
    ExpectWholePackets(source);
  });
  return 0;
}
