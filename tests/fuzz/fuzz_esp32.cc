// Whatever the text, Esp32Source gives packets of whole, finite values or
// leaves them out, and rows can be made of each.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "src/capture/esp32_source.h"
#include "src/capture/packet_row.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(std::span<const std::byte> text) {
  MemoryStream bytes(text);
  Esp32Source source("x.csv", bytes, "");
  CsiPacket packet;
  std::vector<float> amplitudes;
  while (source.Next(packet)) {
    Expect(!packet.a.empty() && packet.streams == 1);
    Expect(packet.b.size() == packet.a.size() ||
           (packet.polar && packet.b.empty()));
    Amplitudes(packet, amplitudes);
    for (const float value : amplitudes) Expect(std::isfinite(value));
  }
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse(
      [&] { edge_int8::Try(std::as_bytes(std::span(data, size))); });
  return 0;
}
