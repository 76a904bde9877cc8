// The synthetic set's world (rooms, subjects, links, all from the seed) and the
// windows recorded in it. A room has its own reflectors and its own places of
// the antennas; subjects and movements are the same with any number of rooms.
// Tested by synth_world_test.cc.
#ifndef EDGE_INT8_SRC_POSE_SYNTH_WORLD_H_
#define EDGE_INT8_SRC_POSE_SYNTH_WORLD_H_

#include <cstdint>
#include <span>
#include <vector>

#include "src/base/random.h"
#include "src/pose/synth_channel.h"
#include "src/pose/synth_motion.h"
#include "src/pose/synth_skeleton.h"

namespace edge_int8::synth {

inline constexpr int kSubjects = 5;
inline constexpr double kPoseRateHz = 10;
inline constexpr double kPacketRateHz = kPoseRateHz * kFrames;
// Picture units, standard deviation: no pose detector is exact.
inline constexpr double kLabelJitter = 0.002;
// Of the recordings, and of the windows of such a recording. About 2.5% of all
// windows come out corrupt; the public set has 2.4%.
inline constexpr double kFaultyFiles = 0.028;
inline constexpr double kFaultyWindows = 0.9;

// What a broken receiver wrote into (most of) a recording.
enum class Fault { kNone, kNotANumber, kHugeValues };

class World {
 public:
  explicit World(uint64_t seed, int rooms = 1);

  // Of the recording, from 0; a function of (seed, rooms, file).
  int RoomOf(int file) const;

  // A function of (seed, file) alone.
  Recording RecordingOf(int file) const;
  Fault FaultOf(int file) const;

  // Window `window` of a recording, a function of (seed, file, window) alone:
  // kFrames consecutive packets into `csi`, and the pose at their middle.
  Pose Record(int file, int window, std::span<float> csi) const;

 private:
  Rng FileStream(int file, uint64_t purpose) const;

  Rng seed_;
  std::vector<Body> bodies_;
  std::vector<Channel> rooms_;
};

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_SRC_POSE_SYNTH_WORLD_H_
