#include "src/pose/synth_channel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "src/base/error.h"
#include "src/pose/synth_math.h"

namespace edge_int8::synth {
namespace {

constexpr std::size_t kPackets = kFrames;
constexpr std::size_t kTones = kSubcarriersPerLink;
constexpr double kLightSpeed = 299792458.0;  // m/s
constexpr double kStepHz = kBandwidthHz / (kSubcarriersPerLink - 1);
constexpr double kFirstHz = kCarrierHz - kBandwidthHz / 2;
constexpr double kEmptyLevel = 0.45;
// Strength of each joint's echo relative to kBodyReflectivity: a torso joint
// stands for more skin than a wrist.
constexpr std::array<float, kJoints> kEcho = {0.6f, 0.9f, 0.7f, 0.6f, 0.6f,
                                              0.7f, 0.6f, 0.6f, 1.0f, 0.7f,
                                              0.7f, 0.6f, 0.7f, 0.7f, 0.6f};
// Radius of each bone's capsule, in kBones' order, metres. A wave of 12 cm
// bends around the edges, so the shadow of a capsule has no sharp border.
constexpr std::array<float, kBones.size()> kRadius = {
    0.12f, 0.18f, 0.12f, 0.08f, 0.07f, 0.12f, 0.08f,
    0.07f, 0.14f, 0.14f, 0.11f, 0.09f, 0.11f, 0.09f};
constexpr float kShadowDepth = 0.55f;  // of the amplitude, through the middle

// Adds amplitude * exp(-2 pi i f_k length / c) to tone k.
void AddPath(double amplitude, double length, std::array<float, kTones>& re,
             std::array<float, kTones>& im) {
  for (std::size_t k = 0; k < kTones; ++k) {
    const double turns =
        (kFirstHz + static_cast<double>(k) * kStepHz) * length / kLightSpeed;
    re[k] += static_cast<float>(amplitude * CosTurns(turns));
    im[k] -= static_cast<float>(amplitude * SinTurns(turns));
  }
}

Vec3 Scatter(Rng& rng, const Vec3& center, double spread) {
  return center + spread * Vec3{rng.Uniform(-1, 1), rng.Uniform(-1, 1),
                                rng.Uniform(-1, 1)};
}

}  // namespace

void BodyTrack::Set(int packet, const Joints& joints) {
  const auto p = static_cast<std::size_t>(packet);
  for (std::size_t j = 0; j < joints.size(); ++j) {
    x[j][p] = static_cast<float>(joints[j].x);
    y[j][p] = static_cast<float>(joints[j].y);
    z[j][p] = static_cast<float>(joints[j].z);
  }
}

// Transmitters stand left of the subject and receivers right of it, at heights
// from knee to head, so that the 18 lines cross the body everywhere.
Channel::Channel(Rng rng) {
  std::array<Vec3, kTransmitters> tx;
  for (std::size_t i = 0; i < tx.size(); ++i) {
    const double step = static_cast<double>(i);
    tx[i] = Scatter(rng, {-1.7, -0.7 + 0.7 * step, 0.7 + 0.45 * step}, 0.1);
  }
  std::array<Vec3, kReceivers> rx;
  for (std::size_t i = 0; i < rx.size(); ++i) {
    const double step = static_cast<double>(i);
    rx[i] = Scatter(rng, {1.7, 0.9 - 0.36 * step, 0.35 + 0.27 * step}, 0.1);
  }
  struct Reflector {
    Vec3 place;
    double strength;
  };
  std::array<Reflector, kReflectors> reflectors;
  for (Reflector& r : reflectors) {
    r.place = {rng.Uniform(-2.5, 2.5), rng.Uniform(1.2, 2.5),
               rng.Uniform(0, 2.6)};
    r.strength = rng.Uniform(0.3, 1.0);
  }
  for (const Vec3& from : tx) {
    for (const Vec3& to : rx) {
      Link link{.tx = from, .rx = to};
      const double sight = Length(to - from);
      AddPath(1 / sight, sight, link.sight_re, link.sight_im);
      for (const Reflector& r : reflectors) {
        const double there = Length(r.place - from);
        const double back = Length(to - r.place);
        AddPath(r.strength / (there * back), there + back, link.static_re,
                link.static_im);
      }
      double level = 0;
      for (std::size_t k = 0; k < kTones; ++k) {
        const double re = link.static_re[k] + link.sight_re[k];
        const double im = link.static_im[k] + link.sight_im[k];
        level += std::sqrt(re * re + im * im) / kTones;
      }
      link.scale = static_cast<float>(kEmptyLevel / level);
      links_.push_back(link);
    }
  }
}

// The product over bones of 1 - depth / (1 + (d / radius)^2)^2, where d is the
// distance between the bone and the line of sight: both are projected along the
// line, which leaves point against segment.
PacketRow Channel::Shadow(const Link& link, const BodyTrack& body) {
  const Vec3 along = (1 / Length(link.rx - link.tx)) * (link.rx - link.tx);
  const auto ux = static_cast<float>(along.x);
  const auto uy = static_cast<float>(along.y);
  const auto uz = static_cast<float>(along.z);
  const auto ox = static_cast<float>(link.tx.x);
  const auto oy = static_cast<float>(link.tx.y);
  const auto oz = static_cast<float>(link.tx.z);
  PacketRow pass;
  pass.fill(1.0f);
  for (std::size_t b = 0; b < kBones.size(); ++b) {
    const auto from = static_cast<std::size_t>(kBones[b].first);
    const auto to = static_cast<std::size_t>(kBones[b].second);
    const float tighten = 1.0f / (kRadius[b] * kRadius[b]);
    for (std::size_t t = 0; t < kPackets; ++t) {
      float px = body.x[from][t] - ox;
      float py = body.y[from][t] - oy;
      float pz = body.z[from][t] - oz;
      const float p_along = px * ux + py * uy + pz * uz;
      px -= p_along * ux, py -= p_along * uy, pz -= p_along * uz;
      float vx = body.x[to][t] - body.x[from][t];
      float vy = body.y[to][t] - body.y[from][t];
      float vz = body.z[to][t] - body.z[from][t];
      const float v_along = vx * ux + vy * uy + vz * uz;
      vx -= v_along * ux, vy -= v_along * uy, vz -= v_along * uz;
      // 1e-6: a bone along the line has no direction across it.
      float s = -(px * vx + py * vy + pz * vz) /
                (vx * vx + vy * vy + vz * vz + 1e-6f);
      s = s > 0.0f ? s : 0.0f;
      s = s < 1.0f ? s : 1.0f;
      px += s * vx, py += s * vy, pz += s * vz;
      const float far = 1.0f + (px * px + py * py + pz * pz) * tighten;
      pass[t] *= 1.0f - kShadowDepth / (far * far);
    }
  }
  return pass;
}

// One phasor per packet, turned by a fixed step from tone to tone.
void Channel::AddEcho(const Link& link, const BodyTrack& body,
                      std::size_t joint, Field& field) {
  const auto tx = static_cast<float>(link.tx.x);
  const auto ty = static_cast<float>(link.tx.y);
  const auto tz = static_cast<float>(link.tx.z);
  const auto rx = static_cast<float>(link.rx.x);
  const auto ry = static_cast<float>(link.rx.y);
  const auto rz = static_cast<float>(link.rx.z);
  PacketRow c, s, step_c, step_s;
  for (std::size_t t = 0; t < kPackets; ++t) {
    const float ax = body.x[joint][t] - tx;
    const float ay = body.y[joint][t] - ty;
    const float az = body.z[joint][t] - tz;
    const float bx = body.x[joint][t] - rx;
    const float by = body.y[joint][t] - ry;
    const float bz = body.z[joint][t] - rz;
    const float there = std::sqrt(ax * ax + ay * ay + az * az);
    const float back = std::sqrt(bx * bx + by * by + bz * bz);
    const float strength =
        static_cast<float>(kBodyReflectivity) * kEcho[joint] / (there * back);
    const float length = there + back;
    const float turns = length * static_cast<float>(kFirstHz / kLightSpeed);
    const float step = length * static_cast<float>(kStepHz / kLightSpeed);
    c[t] = strength * CosTurns(turns);
    s[t] = -strength * SinTurns(turns);
    step_c[t] = CosTurns(step);
    step_s[t] = -SinTurns(step);
  }
  for (std::size_t k = 0; k < kTones; ++k) {
    for (std::size_t t = 0; t < kPackets; ++t) {
      field.re[k][t] += c[t];
      field.im[k][t] += s[t];
      const float next_c = c[t] * step_c[t] - s[t] * step_s[t];
      s[t] = c[t] * step_s[t] + s[t] * step_c[t];
      c[t] = next_c;
    }
  }
}

// Adds noise to each part, a difference of two 16-bit uniforms (triangular),
// and writes scaled amplitudes.
void Channel::Receive(const Link& link, const Field& field,
                      const PacketRow& gain, Rng& noise, std::span<float> out) {
  const float unit = static_cast<float>(kNoise * kEmptyLevel) / link.scale *
                     static_cast<float>(std::sqrt(3.0) / 65536.0);
  for (std::size_t k = 0; k < kTones; ++k) {
    PacketRow noise_re, noise_im;
    for (std::size_t t = 0; t < kPackets; ++t) {
      const uint64_t bits = noise.Next();
      const auto word = [bits](int i) {
        return static_cast<int>(bits >> (16 * i) & 0xffff);
      };
      noise_re[t] = static_cast<float>(word(0) - word(1)) * unit;
      noise_im[t] = static_cast<float>(word(2) - word(3)) * unit;
    }
    for (std::size_t t = 0; t < kPackets; ++t) {
      const float a = field.re[k][t] + noise_re[t];
      const float b = field.im[k][t] + noise_im[t];
      const float level = std::sqrt(a * a + b * b) * gain[t] * link.scale;
      out[k * kPackets + t] = level < 1.0f ? level : 1.0f;
    }
  }
}

void Channel::Window(const BodyTrack& body, const Gains& gains, Rng& noise,
                     std::span<float> out) const {
  Check(out.size() == kWindowValues, "a window has 540 x 20 values");
  const std::size_t values = kTones * kPackets;
  for (std::size_t l = 0; l < links_.size(); ++l) {
    const Link& link = links_[l];
    const PacketRow pass = Shadow(link, body);
    Field field;
    for (std::size_t k = 0; k < kTones; ++k) {
      for (std::size_t t = 0; t < kPackets; ++t) {
        field.re[k][t] = link.static_re[k] + pass[t] * link.sight_re[k];
        field.im[k][t] = link.static_im[k] + pass[t] * link.sight_im[k];
      }
    }
    for (std::size_t j = 0; j < kJoints; ++j) AddEcho(link, body, j, field);
    Receive(link, field, gains[l % kReceivers], noise,
            out.subspan(l * values, values));
  }
}

}  // namespace edge_int8::synth
