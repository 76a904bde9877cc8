// Whatever the bytes, NexmonSource refuses them or gives packets of whole,
// finite values.
#include <cmath>
#include <cstdint>
#include <span>

#include "src/capture/nexmon_source.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(std::span<const std::byte> data) {
  MemoryStream bytes(data);
  NexmonSource source("x", bytes, "");
  CsiPacket packet;
  while (source.Next(packet)) {
    Expect(packet.streams > 0 && !packet.a.empty());
    Expect(packet.b.size() == packet.a.size());
    Expect(packet.a.size() % static_cast<std::size_t>(packet.streams) == 0);
    for (const float value : packet.a) Expect(std::isfinite(value));
  }
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse(
      [&] { edge_int8::Try(std::as_bytes(std::span(data, size))); });
  return 0;
}
