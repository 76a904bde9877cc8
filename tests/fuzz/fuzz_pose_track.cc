// Whatever the text, ParsePoseTrack refuses it or gives ascending times and
// finite poses.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/capture/pose_track.h"
#include "src/formats/byte_reader.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void Try(std::string_view text) {
  const PoseTrack track = ParsePoseTrack("x.csv", text, {});
  Expect(track.poses.size() == track.times_ns.size() * track.pose_values());
  Expect(std::ranges::is_sorted(track.times_ns, std::less_equal()));
  for (const float value : track.poses) Expect(std::isfinite(value));
  std::vector<float> pose(track.pose_values());
  Expect(track.At(track.times_ns.front(), 0, pose));
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    edge_int8::Try(edge_int8::AsText(std::as_bytes(std::span(data, size))));
  });
  return 0;
}
