#include "src/graph/silu_values.h"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "src/base/cpu_clones.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

// Arguments beyond +-88 are cut off: their powers leave a float.
[[gnu::always_inline]] inline float ExpOf(float x) {
  constexpr float kToInteger = 12582912.0f;  // 1.5 * 2^23: rounds to nearest
  x = x > 88.0f ? 88.0f : x;
  x = x < -87.0f ? -87.0f : x;
  const float shifted = x * 1.44269504f + kToInteger;
  const float n = shifted - kToInteger;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  // The low bits of `shifted` are n; added to the exponent they scale by 2^n.
  return std::bit_cast<float>(std::bit_cast<uint32_t>(p) +
                              (std::bit_cast<uint32_t>(shifted) << 23));
}

EDGE_INT8_CPU_CLONES
void SiluLoop(const float* x, std::size_t count, float* y) {
  for (std::size_t n = 0; n < count; ++n) y[n] = x[n] / (1.0f + ExpOf(-x[n]));
}

}  // namespace

void ComputeSilu(std::span<const float> input, std::span<float> output) {
  Check(input.size() == output.size(), "SiLU writes as much as it reads");
  SiluLoop(input.data(), input.size(), output.data());
}

}  // namespace edge_int8
