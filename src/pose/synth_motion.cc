#include "src/pose/synth_motion.h"

#include <algorithm>
#include <cstddef>

#include "src/base/error.h"

namespace edge_int8::synth {
namespace {

// How much a recording's place and wandering vary. Frozen with the set's
// version: docs/synthetic.md has the measurements that chose them.
constexpr double kPlaceRange = 0.04;     // m either way, x and y
constexpr double kYawRange = 0.014;      // turns either way
constexpr double kWanderAngle = 0.0075;  // turns, largest amplitude

// 0 to 1 and back once per turn, smooth.
double Bump(double phase) { return 0.5 - 0.5 * CosTurns(phase); }
// As Bump, with a rest of about half the time at 0.
double Burst(double phase) {
  const double up = std::max(0.0, SinTurns(phase));
  return up * up * (3 - 2 * up);
}

void Crouch(double depth, BodyAngles& a) {
  for (Limb& leg : a.legs) {
    leg.upper_forward += 0.17 * depth;
    leg.lower_forward -= 0.08 * depth;
    leg.upper_out += 0.02 * depth;
  }
}

void Walk(const Recording& r, double phase, BodyAngles& a) {
  for (std::size_t i = 0; i < 2; ++i) {
    const double own = phase + (i == 0 ? 0.0 : 0.5);
    const double swing = SinTurns(own);
    a.legs[i].upper_forward += r.width * (0.03 + 0.05 * swing);
    a.legs[i].lower_forward += r.width * (0.05 * swing - 0.11 * Burst(own));
    a.arms[i].upper_forward -= r.width * 0.06 * swing;
    a.arms[i].lower_forward += r.width * (0.05 - 0.09 * swing);
  }
  a.x += 0.02 * SinTurns(phase);
  a.roll += 0.004 * SinTurns(phase);
}

void Wave(const Recording& r, double phase, BodyAngles& a) {
  Limb& arm = a.arms[r.left ? 1 : 0];
  arm.upper_out += r.width * 0.19;
  arm.upper_forward += 0.04;
  arm.lower_out += r.width * (0.07 * SinTurns(phase) + 0.03);
  arm.lower_forward += 0.44;
  a.roll += (r.left ? 1 : -1) * 0.006;
}

void Squat(const Recording& r, double phase, BodyAngles& a) {
  const double depth = r.width * Bump(phase);
  Crouch(0.85 * depth, a);
  a.lean += 0.05 * depth;
  for (Limb& arm : a.arms) {
    arm.upper_forward += 0.20 * depth;
    arm.lower_forward += 0.20 * depth;
  }
}

void Box(const Recording& r, double phase, BodyAngles& a) {
  for (std::size_t i = 0; i < 2; ++i) {
    const double punch = Burst(phase + (i == 0 ? 0.0 : 0.5 + r.lag));
    a.arms[i].upper_forward += 0.05 + r.width * 0.18 * punch;
    a.arms[i].upper_out += 0.03 - 0.03 * punch;
    a.arms[i].lower_forward += 0.38 - 0.14 * punch;
    a.arms[i].lower_out -= 0.04 * punch;
  }
  a.yaw += r.width * 0.04 * SinTurns(phase);
  Crouch(0.15, a);
}

void Turn(const Recording& r, double phase, BodyAngles& a) {
  a.yaw += r.width * 0.13 * SinTurns(phase);
  for (std::size_t i = 0; i < 2; ++i) {
    const double swing = SinTurns(phase - 0.1) * (i == 0 ? -1 : 1);
    a.arms[i].upper_out += 0.03 + r.width * 0.03 * swing;
    a.arms[i].lower_out += 0.04 + r.width * 0.04 * swing;
  }
}

void Sit(const Recording& r, double phase, BodyAngles& a) {
  // Stays up and down for a while: a squared-off cosine.
  const double wave = CosTurns(phase);
  const double depth = r.width * (0.5 - 0.25 * wave * (3 - wave * wave));
  Crouch(depth, a);
  a.lean += 0.035 * depth * (1.2 - depth) * 4;
  a.y += 0.10 * depth;
  for (Limb& arm : a.arms) {
    arm.upper_forward += 0.06 * depth;
    arm.lower_forward += 0.15 * depth;
  }
}

void Kick(const Recording& r, double phase, BodyAngles& a) {
  for (std::size_t i = 0; i < 2; ++i) {
    const double own = phase + ((i == 0) == r.left ? 0.5 : 0.0);
    const double kick = r.width * Burst(own);
    a.legs[i].upper_forward += 0.15 * kick;
    a.legs[i].upper_out += 0.02 * kick;
    a.legs[i].lower_forward += 0.15 * kick - 0.12 * Burst(own + 0.12);
    a.arms[1 - i].upper_out += 0.08 * kick;
    a.arms[1 - i].lower_out += 0.10 * kick;
    a.lean -= 0.015 * kick;
  }
}

void Jump(const Recording& r, double phase, BodyAngles& a) {
  const double open = r.width * Bump(phase);
  for (std::size_t i = 0; i < 2; ++i) {
    a.arms[i].upper_out += 0.26 * open;
    a.arms[i].lower_out += (0.30 + r.lag) * open;
    a.legs[i].upper_out += 0.045 * open;
    a.legs[i].lower_out += 0.045 * open;
  }
  a.hop += 0.07 * Burst(2 * phase);
  Crouch(0.12 * Bump(2 * phase + 0.5), a);
}

struct Activity {
  std::string_view name;
  void (*move)(const Recording&, double phase, BodyAngles&);
  double rate_hz;  // typical
};

constexpr std::array<Activity, kActivities> kTable = {{{"walk", Walk, 0.80},
                                                       {"wave", Wave, 0.90},
                                                       {"squat", Squat, 0.40},
                                                       {"box", Box, 0.80},
                                                       {"turn", Turn, 0.35},
                                                       {"sit", Sit, 0.30},
                                                       {"kick", Kick, 0.50},
                                                       {"jump", Jump, 0.60}}};

const Activity& Find(int activity) {
  Check(activity >= 0 && activity < kActivities, "no such activity");
  return kTable[static_cast<std::size_t>(activity)];
}

}  // namespace

std::string_view ActivityName(int activity) { return Find(activity).name; }

Recording DrawRecording(Rng& rng, int subjects) {
  Recording r;
  r.subject = static_cast<int>(rng.Below(static_cast<uint64_t>(subjects)));
  r.activity = static_cast<int>(rng.Below(kActivities));
  r.rate_hz = Find(r.activity).rate_hz * rng.Uniform(0.80, 1.22);
  r.phase = rng.Uniform();
  r.width = rng.Uniform(0.80, 1.12);
  r.left = rng.Uniform() < 0.5;
  r.x = rng.Uniform(-kPlaceRange, kPlaceRange);
  r.y = rng.Uniform(-kPlaceRange, kPlaceRange);
  r.yaw = rng.Uniform(-kYawRange, kYawRange);
  r.lag = rng.Uniform(-0.03, 0.03);
  for (Wander& wander : r.wanders) {
    wander.amplitude = rng.Uniform(0.2, 1.0) * kWanderAngle;
    wander.rate_hz = rng.Uniform(0.1, 0.5);
    wander.phase = rng.Uniform();
  }
  return r;
}

BodyAngles AnglesAt(const Recording& r, double time) {
  BodyAngles a;
  a.x = r.x;
  a.y = r.y;
  a.yaw = r.yaw;
  for (Limb& arm : a.arms) {
    arm = {.upper_out = 0.03,
           .upper_forward = 0.005,
           .lower_out = 0.02,
           .lower_forward = 0.03};
  }
  for (Limb& leg : a.legs) leg.upper_out = leg.lower_out = 0.012;
  // Nobody keeps time like a clock: the phase wanders by up to 0.045 turns.
  const double phase =
      r.phase + r.rate_hz * time +
      6 * r.wanders[0].amplitude *
          SinTurns(r.wanders[0].rate_hz * time + r.wanders[0].phase);
  Find(r.activity).move(r, phase, a);

  double* const wandering[] = {
      &a.yaw,
      &a.lean,
      &a.roll,
      &a.arms[0].upper_out,
      &a.arms[0].upper_forward,
      &a.arms[0].lower_out,
      &a.arms[0].lower_forward,
      &a.arms[1].upper_out,
      &a.arms[1].upper_forward,
      &a.arms[1].lower_out,
      &a.arms[1].lower_forward,
      &a.legs[0].upper_out,
      &a.legs[1].upper_out,
  };
  static_assert(std::size(wandering) + 1 ==
                std::tuple_size_v<decltype(r.wanders)>);
  for (std::size_t i = 0; i < std::size(wandering); ++i) {
    const Wander& w = r.wanders[i + 1];
    *wandering[i] += w.amplitude * SinTurns(w.rate_hz * time + w.phase);
  }
  return a;
}

}  // namespace edge_int8::synth
