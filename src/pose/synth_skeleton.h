// The synthetic set's body: joint angles to 15 joints in the room, and those to
// the camera's picture. Tested by synth_skeleton_test.cc.
//
// Joint order (the order of the bones the training loss uses): 0 nose, 1 neck,
// 2-4 right shoulder, elbow, wrist, 5-7 left, 8 mid hip, 9-11 right hip, knee,
// ankle, 12-14 left. The subject faces the camera: its right is picture left.
#ifndef EDGE_INT8_SRC_POSE_SYNTH_SKELETON_H_
#define EDGE_INT8_SRC_POSE_SYNTH_SKELETON_H_

#include <array>

#include "src/base/random.h"
#include "src/pose/bones.h"
#include "src/pose/synth_math.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8::synth {

using Joints = std::array<Vec3, kJoints>;
using Pose = std::array<float, kPoseValues>;  // [joint][x, y], picture units

// Lengths in metres.
struct Body {
  double torso, head, shoulder_width, hip_width;
  double upper_arm, forearm, thigh, shank;
};

// A subject of the world: 1.66 to 1.80 m tall, limbs within 4% of proportion.
Body DrawBody(Rng& rng);

// A two-segment limb. Angles in turns (1 is 360 degrees) from hanging straight
// down: `out` sideways away from the body, `forward` to where it faces.
struct Limb {
  double upper_out = 0, upper_forward = 0;
  double lower_out = 0, lower_forward = 0;
};

// Everything that moves. Index 0 of a pair is the right limb, 1 the left.
struct BodyAngles {
  double x = 0, y = 0;  // m, where the hips are on the floor
  double hop = 0;       // m, how far the lower foot is off the floor
  double yaw = 0;       // turns, 0 faces the camera
  double lean = 0;      // turns, torso forward
  double roll = 0;      // turns, torso towards picture right
  std::array<Limb, 2> arms{}, legs{};
};

// The lower foot stands on the floor unless `hop` lifts it.
Joints PlaceJoints(const Body& body, const BodyAngles& angles);

// Pinhole picture: a torso is about 0.2 units long, as in the public set
// (pixels / 1000), and a standing subject fits [0, 1].
Pose Project(const Joints& joints);

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_SRC_POSE_SYNTH_SKELETON_H_
