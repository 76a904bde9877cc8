#include "src/pose/synth_world.h"

#include <cstddef>
#include <limits>

namespace edge_int8::synth {
namespace {

// What each forked stream is for; the numbers are part of the set's version.
enum Stream : uint64_t { kRoomStream, kBodyStream, kFileStream };
enum Purpose : uint64_t { kMotion, kFault, kGain, kWindow, kRoom };

// Overwrites some values, as found in the public set: rows of NaN, or packets
// of values far outside [0, 1].
void Break(Fault fault, Rng& rng, std::span<float> csi) {
  if (fault == Fault::kNotANumber) {
    const std::size_t from = rng.Below(kSubcarriers) * kFrames;
    for (std::size_t i = from; i < csi.size(); ++i) {
      csi[i] = std::numeric_limits<float>::quiet_NaN();
    }
    return;
  }
  const std::size_t packet = rng.Below(kFrames);
  for (std::size_t i = packet; i < csi.size(); i += kFrames) {
    csi[i] = static_cast<float>(rng.Uniform(-1e4, 1e4));
  }
  csi[packet] = 3.4e38f;  // always corrupt, whatever was drawn
}

}  // namespace

World::World(uint64_t seed, int rooms) : seed_(seed) {
  // The first is the only room of version 1.
  const Rng room = Rng(seed).Fork(kRoomStream);
  for (int i = 0; i < rooms; ++i) {
    rooms_.emplace_back(i == 0 ? room : room.Fork(static_cast<uint64_t>(i)));
  }
  Rng rng = seed_.Fork(kBodyStream);
  for (int i = 0; i < kSubjects; ++i) bodies_.push_back(DrawBody(rng));
}

Rng World::FileStream(int file, uint64_t purpose) const {
  return seed_.Fork(kFileStream)
      .Fork(static_cast<uint64_t>(file))
      .Fork(purpose);
}

int World::RoomOf(int file) const {
  if (rooms_.size() == 1) return 0;
  return static_cast<int>(
      FileStream(file, kRoom).Below(static_cast<uint64_t>(rooms_.size())));
}

Recording World::RecordingOf(int file) const {
  Rng rng = FileStream(file, kMotion);
  return DrawRecording(rng, kSubjects);
}

Fault World::FaultOf(int file) const {
  Rng rng = FileStream(file, kFault);
  if (rng.Uniform() >= kFaultyFiles) return Fault::kNone;
  return rng.Uniform() < 0.5 ? Fault::kNotANumber : Fault::kHugeValues;
}

Pose World::Record(int file, int window, std::span<float> csi) const {
  const Recording recording = RecordingOf(file);
  const Body& body = bodies_[static_cast<std::size_t>(recording.subject)];
  const auto joints_at = [&](double time) {
    return PlaceJoints(body, AnglesAt(recording, time));
  };
  Rng gain_rng = FileStream(file, kGain);
  Rng rng = FileStream(file, kWindow).Fork(static_cast<uint64_t>(window));

  BodyTrack track;
  Gains gains;
  for (PacketRow& row : gains) row.fill(1);
  // The drift belongs to the recording; packet gains to the window.
  for (PacketRow& row : gains) {
    const double rate_hz = gain_rng.Uniform(0.1, 0.6);
    const double phase = gain_rng.Uniform();
    for (std::size_t p = 0; p < row.size(); ++p) {
      const double time =
          window / kPoseRateHz + static_cast<double>(p) / kPacketRateHz;
      row[p] =
          static_cast<float>(1 + kSlowGain * SinTurns(rate_hz * time + phase) +
                             kPacketGain * Bell(rng));
    }
  }
  for (int p = 0; p < kFrames; ++p) {
    track.Set(p, joints_at(window / kPoseRateHz + (p + 0.5) / kPacketRateHz));
  }
  rooms_[static_cast<std::size_t>(RoomOf(file))].Window(track, gains, rng, csi);

  const Fault fault = FaultOf(file);
  if (fault != Fault::kNone && rng.Uniform() < kFaultyWindows) {
    Break(fault, rng, csi);
  }
  Pose pose = Project(joints_at((window + 0.5) / kPoseRateHz));
  for (float& value : pose) {
    value += static_cast<float>(kLabelJitter * Bell(rng));
  }
  return pose;
}

}  // namespace edge_int8::synth
