#include "src/pose/synth_motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "src/base/error.h"
#include "tests/pose/some_body.h"

namespace edge_int8::synth {
namespace {

TEST(SynthMotion, NamesEveryActivityOnce) {
  std::set<std::string> names;
  for (int i = 0; i < kActivities; ++i) names.emplace(ActivityName(i));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kActivities));
  EXPECT_THROW(ActivityName(kActivities), Error);
  EXPECT_THROW(ActivityName(-1), Error);
}

TEST(SynthMotion, DrawsEverySubjectAndActivity) {
  std::set<std::pair<int, int>> seen;
  for (uint64_t i = 0; i < 500; ++i) {
    Rng rng(i);
    const Recording r = DrawRecording(rng, 5);
    ASSERT_GE(r.subject, 0);
    ASSERT_LT(r.subject, 5);
    seen.emplace(r.subject, r.activity);
  }
  EXPECT_EQ(seen.size(), 5u * kActivities);
}

TEST(SynthMotion, EveryActivityMovesSmoothlyAndStaysInThePicture) {
  const Body body = SomeBody();
  for (uint64_t i = 0; i < 40; ++i) {
    Rng rng(100 + i);
    Recording r = DrawRecording(rng, 5);
    r.activity = static_cast<int>(i) % kActivities;
    Joints before = PlaceJoints(body, AnglesAt(r, 0));
    double path = 0;
    for (int step = 1; step <= 800; ++step) {  // 4 s at the packet rate
      const Joints now = PlaceJoints(body, AnglesAt(r, step / 200.0));
      for (std::size_t j = 0; j < now.size(); ++j) {
        const double moved = Length(now[j] - before[j]);
        ASSERT_LT(moved, 10.0 / 200) << ActivityName(r.activity);  // 10 m/s
        path += moved;
      }
      for (const float value : Project(now)) {
        ASSERT_GT(value, 0) << ActivityName(r.activity);
        ASSERT_LT(value, 1) << ActivityName(r.activity);
      }
      before = now;
    }
    EXPECT_GT(path, 1) << ActivityName(r.activity);
  }
}

TEST(SynthMotion, AnActivityIsPeriodicButForTheWandering) {
  Rng rng(3);
  Recording r = DrawRecording(rng, 5);
  for (Wander& wander : r.wanders) wander.amplitude = 0;
  const Body body = SomeBody();
  for (int activity = 0; activity < kActivities; ++activity) {
    r.activity = activity;
    const Joints now = PlaceJoints(body, AnglesAt(r, 0.3));
    const Joints later = PlaceJoints(body, AnglesAt(r, 0.3 + 1 / r.rate_hz));
    for (std::size_t j = 0; j < now.size(); ++j) {
      EXPECT_LT(Length(now[j] - later[j]), 1e-5) << ActivityName(activity);
    }
  }
}

TEST(SynthMotion, TheOtherHandWaves) {
  Rng rng(3);
  Recording r = DrawRecording(rng, 5);
  r.activity = 1;
  for (const bool left : {false, true}) {
    r.left = left;
    const Joints j = PlaceJoints(SomeBody(), AnglesAt(r, 0));
    EXPECT_GT(j[left ? 7 : 4].z, j[left ? 4 : 7].z + 0.4);
  }
}

}  // namespace
}  // namespace edge_int8::synth
