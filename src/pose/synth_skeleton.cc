#include "src/pose/synth_skeleton.h"

#include <algorithm>
#include <cstddef>

namespace edge_int8::synth {
namespace {

constexpr double kCameraDistance = 3.4;  // m from the room's origin
constexpr double kCameraHeight = 0.95;   // m
constexpr double kFocalLength = 1.25;    // picture units x m / m

// Rotations of the torso: lean forward (about x), roll (about y), then yaw.
class Orientation {
 public:
  Orientation(double yaw, double lean, double roll)
      : cos_yaw_(CosTurns(yaw)),
        sin_yaw_(SinTurns(yaw)),
        cos_lean_(CosTurns(lean)),
        sin_lean_(SinTurns(lean)),
        cos_roll_(CosTurns(roll)),
        sin_roll_(SinTurns(roll)) {}

  Vec3 Yaw(const Vec3& v) const {
    return {cos_yaw_ * v.x - sin_yaw_ * v.y, sin_yaw_ * v.x + cos_yaw_ * v.y,
            v.z};
  }
  Vec3 All(const Vec3& v) const {
    // The subject faces -y, so leaning forward moves +z towards -y.
    const Vec3 leaned{v.x, cos_lean_ * v.y - sin_lean_ * v.z,
                      sin_lean_ * v.y + cos_lean_ * v.z};
    return Yaw({cos_roll_ * leaned.x + sin_roll_ * leaned.z, leaned.y,
                cos_roll_ * leaned.z - sin_roll_ * leaned.x});
  }

 private:
  double cos_yaw_, sin_yaw_, cos_lean_, sin_lean_, cos_roll_, sin_roll_;
};

// Unit vector of a segment; `side` is -1 for right limbs, +1 for left ones.
Vec3 Direction(double out, double forward, double side) {
  const double down = CosTurns(out);
  return {side * SinTurns(out), -down * SinTurns(forward),
          -down * CosTurns(forward)};
}

}  // namespace

Body DrawBody(Rng& rng) {
  const double height = rng.Uniform(1.66, 1.80);
  const auto part = [&](double share) {
    return height * share * rng.Uniform(0.96, 1.04);
  };
  Body body{};
  body.torso = part(0.295);
  body.head = part(0.125);
  body.shoulder_width = part(0.225);
  body.hip_width = part(0.125);
  body.upper_arm = part(0.165);
  body.forearm = part(0.15);
  body.thigh = part(0.24);
  body.shank = part(0.24);
  return body;
}

Joints PlaceJoints(const Body& body, const BodyAngles& angles) {
  const Orientation turn(angles.yaw, angles.lean, angles.roll);
  Joints joints{};
  // Legs hang from hips at the origin; the torso leans, the legs do not.
  double lowest = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const double side = i == 0 ? -1 : 1;
    const Limb& leg = angles.legs[i];
    const std::size_t hip = 9 + 3 * i;
    joints[hip] = turn.Yaw({side * body.hip_width / 2, 0, 0});
    joints[hip + 1] =
        joints[hip] + turn.Yaw(body.thigh * Direction(leg.upper_out,
                                                      leg.upper_forward, side));
    joints[hip + 2] = joints[hip + 1] +
                      turn.Yaw(body.shank * Direction(leg.lower_out,
                                                      leg.lower_forward, side));
    lowest = std::min(lowest, joints[hip + 2].z);
  }
  joints[1] = turn.All({0, 0, body.torso});
  joints[0] = joints[1] + turn.All({0, -0.06, body.head});
  for (std::size_t i = 0; i < 2; ++i) {
    const double side = i == 0 ? -1 : 1;
    const Limb& arm = angles.arms[i];
    const std::size_t shoulder = 2 + 3 * i;
    joints[shoulder] =
        joints[1] + turn.All({side * body.shoulder_width / 2, 0, -0.03});
    joints[shoulder + 1] =
        joints[shoulder] +
        turn.All(body.upper_arm *
                 Direction(arm.upper_out, arm.upper_forward, side));
    joints[shoulder + 2] =
        joints[shoulder + 1] +
        turn.All(body.forearm *
                 Direction(arm.lower_out, arm.lower_forward, side));
  }
  const double ankle_height = 0.08;
  const Vec3 root{angles.x, angles.y, angles.hop + ankle_height - lowest};
  for (Vec3& joint : joints) joint = joint + root;
  return joints;
}

Pose Project(const Joints& joints) {
  Pose pose{};
  for (std::size_t j = 0; j < joints.size(); ++j) {
    const double scale = kFocalLength / (kCameraDistance + joints[j].y);
    pose[2 * j] = static_cast<float>(0.5 + scale * joints[j].x);
    pose[2 * j + 1] =
        static_cast<float>(0.5 - scale * (joints[j].z - kCameraHeight));
  }
  return pose;
}

}  // namespace edge_int8::synth
