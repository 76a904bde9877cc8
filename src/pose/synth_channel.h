// The synthetic set's radio channel: 3 transmitters, 6 receivers, 30
// subcarriers each. Turns 20 instants of a body into one CSI window. Tested by
// synth_channel_test.cc.
//
//   H_k = S_k + D * L_k + sum over joints j of a_j exp(-2 pi i f_k l_j / c)
//
// S: static reflectors, L: line of sight, D: how far the body's capsules shadow
// it, l_j: transmitter - joint - receiver, a_j: its strength over both
// distances. A window holds gain * |H_k + noise|, scaled per link, in [0, 1].
#ifndef EDGE_INT8_SRC_POSE_SYNTH_CHANNEL_H_
#define EDGE_INT8_SRC_POSE_SYNTH_CHANNEL_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "src/base/random.h"
#include "src/pose/synth_skeleton.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8::synth {

inline constexpr int kTransmitters = 3;
inline constexpr int kReceivers = 6;
inline constexpr int kLinks = kTransmitters * kReceivers;
inline constexpr int kSubcarriersPerLink = kSubcarriers / kLinks;

// Part of the set's version; synthetic.json repeats them.
inline constexpr double kCarrierHz = 2.45e9;
inline constexpr double kBandwidthHz = 80e6;
inline constexpr int kReflectors = 8;
inline constexpr double kBodyReflectivity = 0.2;
inline constexpr double kNoise = 0.02;        // of a link's empty-room level
inline constexpr double kPacketGain = 0.008;  // standard deviation
inline constexpr double kSlowGain = 0.03;     // amplitude of the AGC's drift

// One row per packet of a window: time runs fastest, as in the window itself,
// so that every loop over packets vectorizes.
using PacketRow = std::array<float, kFrames>;
struct BodyTrack {
  std::array<PacketRow, kJoints> x{}, y{}, z{};
  void Set(int packet, const Joints& joints);
};

// Gain of each receiver for each packet.
using Gains = std::array<PacketRow, kReceivers>;

class Channel {
 public:
  explicit Channel(Rng rng);

  // Writes kWindowValues floats [link][subcarrier][packet].
  void Window(const BodyTrack& body, const Gains& gains, Rng& noise,
              std::span<float> out) const;

 private:
  struct Link {
    Vec3 tx, rx;
    std::array<float, kSubcarriersPerLink> static_re{}, static_im{};
    std::array<float, kSubcarriersPerLink> sight_re{}, sight_im{};
    float scale = 0;  // brings the empty room's mean amplitude to kEmptyLevel
  };
  // Complex amplitude of each subcarrier and packet.
  struct Field {
    std::array<PacketRow, kSubcarriersPerLink> re, im;
  };
  static PacketRow Shadow(const Link& link, const BodyTrack& body);
  static void AddEcho(const Link& link, const BodyTrack& body,
                      std::size_t joint, Field& field);
  static void Receive(const Link& link, const Field& field,
                      const PacketRow& gain, Rng& noise, std::span<float> out);

  std::vector<Link> links_;
};

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_SRC_POSE_SYNTH_CHANNEL_H_
