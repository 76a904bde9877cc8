// The two places where floats meet integers: a CSI value to a byte, and an
// output integer to a coordinate. Tested by boundary_test.cc.
#ifndef EDGE_INT8_CORE_ARITH_BOUNDARY_H_
#define EDGE_INT8_CORE_ARITH_BOUNDARY_H_

#include <cmath>
#include <cstdint>

namespace edge_int8::core {

// clamp(rint(x * factor), 0, 255) in float32, ties to even; NaN becomes 0.
inline uint8_t QuantizeInput(float x, float factor) {
  const float scaled = x * factor;
  if (!(scaled > 0.0f)) return 0;
  if (scaled >= 255.0f) return 255;
  return static_cast<uint8_t>(std::nearbyint(scaled));
}

// One product in double, one rounding to float.
inline float DequantizeOutput(int32_t y, float scale) {
  return static_cast<float>(static_cast<double>(y) *
                            static_cast<double>(scale));
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ARITH_BOUNDARY_H_
