#include "src/pose/synth_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include "src/pose/upstream_shape.h"

namespace edge_int8::synth {
namespace {

struct Recorded {
  std::vector<float> csi;
  Pose pose;
};

Recorded RecordIn(const World& world, int file, int window) {
  Recorded r{std::vector<float>(kWindowValues), {}};
  r.pose = world.Record(file, window, r.csi);
  return r;
}

bool IsCorrupt(const std::vector<float>& csi) {
  return std::any_of(csi.begin(), csi.end(), [](float value) {
    return !std::isfinite(value) || std::abs(value) > 1.5f;
  });
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(SynthWorld, AWindowIsAFunctionOfSeedFileAndWindow) {
  const World world(42);
  const Recorded first = RecordIn(world, 3, 5);
  RecordIn(world, 4, 5);
  const Recorded again = RecordIn(World(42), 3, 5);
  EXPECT_TRUE(SameBits(first.csi, again.csi));
  EXPECT_EQ(first.pose, again.pose);
  EXPECT_FALSE(SameBits(first.csi, RecordIn(world, 3, 6).csi));
  EXPECT_FALSE(SameBits(first.csi, RecordIn(world, 4, 5).csi));
  EXPECT_FALSE(SameBits(first.csi, RecordIn(World(43), 3, 5).csi));
}

TEST(SynthWorld, CorruptWindowsAppearInFaultyFilesOnly) {
  const World world(42);
  int files = 0, windows = 0;
  bool nan = false, huge = false;
  for (int file = 0; file < 200; ++file) {
    const Fault fault = world.FaultOf(file);
    if (fault == Fault::kNone) {
      EXPECT_FALSE(IsCorrupt(RecordIn(world, file, 0).csi)) << file;
      continue;
    }
    ++files;
    nan |= fault == Fault::kNotANumber;
    huge |= fault == Fault::kHugeValues;
    for (int w = 0; w < 10; ++w)
      windows += IsCorrupt(RecordIn(world, file, w).csi);
  }
  ASSERT_GT(files, 0);
  EXPECT_TRUE(nan && huge);
  EXPECT_NEAR(windows, 10 * kFaultyWindows * files, 2.0 * files);
}

TEST(SynthWorld, AboutTheStatedShareOfFilesIsFaulty) {
  const World world(1);
  int faulty = 0;
  for (int file = 0; file < 20000; ++file) {
    faulty += world.FaultOf(file) != Fault::kNone;
  }
  EXPECT_NEAR(faulty / 20000.0, kFaultyFiles, 0.005);  // 4 standard errors
}

TEST(SynthWorld, ThePoseFollowsTheRecordingAtTheWindowsMiddle) {
  const World world(42);
  const Recording recording = world.RecordingOf(7);
  const Pose pose = RecordIn(world, 7, 12).pose;
  // Any subject doing this there: proportions move a joint by some pixels.
  Rng rng(1);
  const Pose expected =
      Project(PlaceJoints(DrawBody(rng), AnglesAt(recording, 1.25)));
  for (std::size_t i = 0; i < pose.size(); ++i) {
    EXPECT_NEAR(pose[i], expected[i], 0.08) << i;
  }
}

TEST(SynthWorld, ConsecutiveWindowsShowNearbyPoses) {
  const World world(42);
  for (int file = 0; file < 20; ++file) {
    const Pose first = RecordIn(world, file, 0).pose;
    const Pose next = RecordIn(world, file, 1).pose;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_NEAR(first[i], next[i], 0.25) << file;
    }
  }
}

}  // namespace
}  // namespace edge_int8::synth
