// Whatever a source sends, in whatever pieces it arrives: windows of finite
// values of the model's extent, in the order of the packets' clock, or a
// refusal.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "src/live/live_windows.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

class Pieces : public LiveStream {
 public:
  Pieces(std::span<const std::byte> bytes, std::size_t piece)
      : bytes_(bytes), piece_(piece) {}
  std::size_t Read(std::span<char> room) override {
    return bytes_.Read(room.first(std::min(room.size(), piece_)));
  }
  LiveTime arrival() const override { return {}; }

 private:
  MemoryStream bytes_;
  const std::size_t piece_;
};

// The first byte says how the text is cut and what is asked of it.
void Try(uint8_t choice, std::span<const std::byte> text) {
  LiveSetup setup;
  setup.model = "m.ei8";
  setup.source = "x";
  setup.rows = 1 + choice % 4;
  setup.frames = 1 + choice / 4 % 4;
  setup.hop = 1 + choice / 16 % 3;
  setup.rate = choice % 2 == 0 ? 100 : 0;
  setup.drop_guards = choice % 3 == 0;
  setup.scale = 0.5;
  int64_t windows = 0;
  LiveWindows live(
      setup,
      [&](const LiveWindows::Window& window) {
        ++windows;
        Expect(std::ssize(window.values) == setup.rows * setup.frames);
        Expect(window.first_ns <= window.last_ns);
        for (const float value : window.values) Expect(std::isfinite(value));
      },
      [](int64_t) {});
  const auto packets =
      TextPackets("x", std::make_unique<Pieces>(text, 1 + choice * 7), "");
  CsiPacket packet;
  while (packets->Next(packet)) live.Add(packet, packets->arrival());
  live.End();
  Expect(live.counts().windows == windows);
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  edge_int8::ReadOrRefuse([&] {
    edge_int8::Try(data[0], std::as_bytes(std::span(data, size).subspan(1)));
  });
  return 0;
}
