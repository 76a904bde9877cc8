// Seeded random numbers that are the same on every machine and compiler
// (std:: distributions are not). Tested by random_test.cc. Only Normal() leans
// on the machine's log and cos, whose last bit may differ between C libraries.
//
// SplitMix64 (Steele, Lea, Flood 2014): one 64-bit state, passes BigCrush, and
// Fork(i) gives item i its own stream, so parallel work stays reproducible.
#ifndef EDGE_INT8_SRC_BASE_RANDOM_H_
#define EDGE_INT8_SRC_BASE_RANDOM_H_

#include <cmath>
#include <cstdint>
#include <numbers>

namespace edge_int8 {

class Rng {
 public:
  explicit constexpr Rng(uint64_t seed) : state_(seed) {}

  constexpr uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // An independent stream for item `index`; does not advance this one.
  constexpr Rng Fork(uint64_t index) const {
    Rng mixed(state_ ^ (index * 0xd1342543de82ef95u + 0x2545f4914f6cdd1du));
    return Rng(mixed.Next());
  }
  // Uniform in [0, 1), 53 bits.
  constexpr double Uniform() {
    return static_cast<double>(Next() >> 11) * 0x1.0p-53;
  }
  constexpr double Uniform(double low, double high) {
    return low + (high - low) * Uniform();
  }
  // Uniform in [0, n), n > 0. The bias of the modulo is below n / 2^64.
  constexpr uint64_t Below(uint64_t n) { return Next() % n; }
  // Standard normal (Box-Muller, one value per call).
  double Normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * Uniform());
  }

 private:
  uint64_t state_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_RANDOM_H_
