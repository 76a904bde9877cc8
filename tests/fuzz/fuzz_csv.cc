// Whatever the text, ParseKeypointCsv refuses it or gives whole frames of
// finite numbers, and they are finite after repair.
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "src/formats/byte_reader.h"
#include "src/pose/keypoint_csv.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(std::string_view text) {
  std::vector<float> frames = ParseKeypointCsv("x.csv", text);
  Expect(frames.size() % kPoseValues == 0);
  for (const float value : frames) Expect(std::isfinite(value));
  RepairUnseenJoints(frames);
  for (const float value : frames) Expect(std::isfinite(value));
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    edge_int8::Try(edge_int8::AsText(std::as_bytes(std::span(data, size))));
  });
  return 0;
}
