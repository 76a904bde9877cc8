// The two places where floats meet integers: a value of a window to a byte,
// and an output integer to a real number. Tested by boundary_test.cc.
#ifndef EDGE_INT8_CORE_ARITH_BOUNDARY_H_
#define EDGE_INT8_CORE_ARITH_BOUNDARY_H_

#include <cmath>
#include <cstdint>

namespace edge_int8::core {

// clamp(rint(x * factor) + zero, 0, 255) in float32, ties to even; NaN becomes
// zero, the byte that means 0.
inline uint8_t QuantizeInput(float x, float factor, int32_t zero = 0) {
  const float scaled = x * factor;
  if (scaled != scaled) return static_cast<uint8_t>(zero);
  if (scaled <= static_cast<float>(-zero)) return 0;
  if (scaled >= static_cast<float>(255 - zero)) return 255;
  return static_cast<uint8_t>(static_cast<int32_t>(std::nearbyint(scaled)) +
                              zero);
}

// One product in double, one rounding to float.
inline float DequantizeOutput(int32_t y, float scale, int32_t zero = 0) {
  return static_cast<float>(static_cast<double>(int64_t{y} - zero) *
                            static_cast<double>(scale));
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_BOUNDARY_H_
