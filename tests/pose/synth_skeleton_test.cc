#include "src/pose/synth_skeleton.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/pose/some_body.h"

namespace edge_int8::synth {
namespace {

double Bone(const Joints& joints, std::size_t a, std::size_t b) {
  return Length(joints[a] - joints[b]);
}

TEST(SynthSkeleton, StandsUprightFacingTheCamera) {
  const Joints j = PlaceJoints(SomeBody(), {});
  EXPECT_GT(j[0].z, j[1].z);  // Nose above neck above hips above knees.
  EXPECT_GT(j[1].z, j[8].z);
  EXPECT_GT(j[8].z, j[10].z);
  EXPECT_GT(j[10].z, j[11].z);
  EXPECT_LT(j[2].x, 0);  // Its right is picture left.
  EXPECT_GT(j[5].x, 0);
  EXPECT_LT(j[0].y, j[1].y);  // The nose points at the camera.
}

TEST(SynthSkeleton, ForwardIsTowardsTheCameraAndOutIsSideways) {
  BodyAngles angles;
  angles.arms[0].upper_forward = angles.arms[0].lower_forward = 0.25;
  angles.arms[1].upper_out = angles.arms[1].lower_out = 0.25;
  const Body body = SomeBody();
  const Joints j = PlaceJoints(body, angles);
  const double arm = body.upper_arm + body.forearm;
  EXPECT_NEAR(j[4].y - j[2].y, -arm, 1e-6);
  EXPECT_NEAR(j[7].x - j[5].x, arm, 1e-6);
}

TEST(SynthSkeleton, YawRollAndLeanTurnTheTorsoTheirWays) {
  const Body body = SomeBody();
  BodyAngles angles;
  angles.lean = 0.1;
  EXPECT_LT(PlaceJoints(body, angles)[1].y, -0.1);  // Forward: to the camera.
  angles = {};
  angles.roll = 0.1;
  EXPECT_GT(PlaceJoints(body, angles)[1].x, 0.1);  // Towards picture right.
  angles = {};
  angles.yaw = 0.25;
  EXPECT_GT(PlaceJoints(body, angles)[0].x, 0.03);  // Looks picture right.
}

TEST(SynthSkeleton, BonesKeepTheirLengthInEveryPose) {
  const Body body = SomeBody();
  const Joints rest = PlaceJoints(body, {});
  Rng rng(2);
  for (int i = 0; i < 200; ++i) {
    BodyAngles a;
    a.yaw = rng.Uniform(), a.lean = rng.Uniform(), a.roll = rng.Uniform();
    for (Limb* limb : {&a.arms[0], &a.arms[1], &a.legs[0], &a.legs[1]}) {
      *limb = {rng.Uniform(), rng.Uniform(), rng.Uniform(), rng.Uniform()};
    }
    const Joints j = PlaceJoints(body, a);
    for (const auto& [from, to] : kBones) {
      const auto f = static_cast<std::size_t>(from);
      const auto t = static_cast<std::size_t>(to);
      ASSERT_NEAR(Bone(j, f, t), Bone(rest, f, t), 1e-6) << from << "-" << to;
    }
  }
}

TEST(SynthSkeleton, TheLowerFootStandsOnTheFloorUnlessItHops) {
  BodyAngles angles;
  angles.legs[0].upper_forward = 0.2;  // The right knee is up.
  angles.hop = 0.1;
  const Joints j = PlaceJoints(SomeBody(), angles);
  EXPECT_NEAR(std::min(j[11].z, j[14].z), 0.08 + 0.1, 1e-9);
  EXPECT_LT(j[14].z, j[11].z);
}

TEST(SynthSkeleton, ThePictureShowsATorsoOfAFifthInsideTheUnitSquare) {
  const Pose pose = Project(PlaceJoints(SomeBody(), {}));
  const double torso = std::hypot(pose[4] - pose[24], pose[5] - pose[25]);
  EXPECT_NEAR(torso, 0.2, 0.04);
  EXPECT_LT(pose[1], pose[23]);  // y grows downwards: nose above ankle.
  for (const float value : pose) {
    EXPECT_GT(value, 0);
    EXPECT_LT(value, 1);
  }
}

TEST(SynthSkeleton, SubjectsDifferWithinHumanProportions) {
  Rng rng(9);
  double low = 10, high = 0;
  for (int i = 0; i < 100; ++i) {
    const Joints j = PlaceJoints(DrawBody(rng), {});
    const double nose = j[0].z;
    low = std::min(low, nose);
    high = std::max(high, nose);
  }
  EXPECT_GT(low, 1.4);
  EXPECT_LT(high, 1.77);
  EXPECT_GT(high - low, 0.08);
}

}  // namespace
}  // namespace edge_int8::synth
