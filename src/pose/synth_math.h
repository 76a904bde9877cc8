// The few functions the synthetic world needs, made only of operations IEEE
// 754 rounds exactly (+ - * / sqrt), because libm's sin and log differ between
// machines and the set's bytes must not. Tested by synth_math_test.cc.
#ifndef EDGE_INT8_SRC_POSE_SYNTH_MATH_H_
#define EDGE_INT8_SRC_POSE_SYNTH_MATH_H_

#include <cmath>
#include <cstdint>

#include "src/base/random.h"

namespace edge_int8::synth {

// cos(2 pi turns) for |turns| < 1000, within 1e-7 in double. Branch-free so
// that a loop over it vectorizes: with r = turns - nearest integer,
// cos(2 pi r) = sin(2 pi (1/4 - |r|)), a Taylor series in [-pi/2, pi/2].
template <typename Real>
inline Real CosTurns(Real turns) {
  const auto nearest =
      static_cast<Real>(static_cast<int32_t>(turns + Real(1024.5)) - 1024);
  const Real quarter = Real(0.25) - std::abs(turns - nearest);
  const Real x = quarter * Real(6.283185307179586);
  const Real xx = x * x;
  Real sum = Real(-1.0 / 39916800);
  sum = sum * xx + Real(1.0 / 362880);
  sum = sum * xx + Real(-1.0 / 5040);
  sum = sum * xx + Real(1.0 / 120);
  sum = sum * xx + Real(-1.0 / 6);
  return x + x * xx * sum;
}

template <typename Real>
inline Real SinTurns(Real turns) {
  return CosTurns(turns - Real(0.25));
}

// Zero mean, unit variance, within +-sqrt(12): the sum of four uniforms, each
// from 16 bits of one draw. Not quite normal, and needs no logarithm.
inline double Bell(Rng& rng) {
  const uint64_t bits = rng.Next();
  const auto sum = static_cast<double>((bits & 0xffff) + (bits >> 16 & 0xffff) +
                                       (bits >> 32 & 0xffff) + (bits >> 48));
  // Each uniform has mean 65535 / 2 and variance (65536^2 - 1) / 12.
  return (sum - 131070.0) * 2.6429272e-5;
}

struct Vec3 {
  double x = 0;  // m, to the right in the camera's picture
  double y = 0;  // m, away from the camera
  double z = 0;  // m, up from the floor
};

inline Vec3 operator+(const Vec3& a, const Vec3& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Vec3 operator-(const Vec3& a, const Vec3& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Vec3 operator*(double s, const Vec3& a) {
  return {s * a.x, s * a.y, s * a.z};
}
inline double Length(const Vec3& a) {
  return std::sqrt(a.x * a.x + a.y * a.y + a.z * a.z);
}

}  // namespace edge_int8::synth

#endif  // EDGE_INT8_SRC_POSE_SYNTH_MATH_H_
