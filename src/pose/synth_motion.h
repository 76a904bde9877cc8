// The synthetic set's subjects in motion: eight activities, and the recording a
// file is (who, what, how fast, how wide, where). Tested by
// synth_motion_test.cc.
#ifndef EDGE_INT8_SRC_POSE_SYNTH_MOTION_H_
#define EDGE_INT8_SRC_POSE_SYNTH_MOTION_H_

#include <array>
#include <string_view>

#include "src/base/random.h"
#include "src/pose/synth_skeleton.h"

namespace edge_int8::synth {

inline constexpr int kActivities = 8;
std::string_view ActivityName(int activity);  // "walk", "wave", ...

// A slow wander of one angle: amplitude * sin(2 pi (rate * t + phase)).
struct Wander {
  double amplitude, rate_hz, phase;
};

// What one file shows. Drawn from the file's own stream only, so a file does
// not depend on how many others are made.
struct Recording {
  int subject = 0;
  int activity = 0;
  double rate_hz = 0;            // cycles of the activity
  double phase = 0;              // turns at time 0
  double width = 0;              // scales the activity's angles, about 1
  bool left = false;             // which hand waves, which foot kicks first
  double x = 0, y = 0, yaw = 0;  // where the subject stands and looks
  double lag = 0;                // turns the second limb is late by
  std::array<Wander, 14> wanders{};
};

Recording DrawRecording(Rng& rng, int subjects);

// Angles at `time` in seconds since the recording's start.
BodyAngles AnglesAt(const Recording& recording, double time);

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_SRC_POSE_SYNTH_MOTION_H_
