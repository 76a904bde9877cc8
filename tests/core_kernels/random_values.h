// Random arrays with room around them for what kernels may read and must not
// write.
#ifndef EDGE_INT8_TESTS_CORE_KERNELS_RANDOM_VALUES_H_
#define EDGE_INT8_TESTS_CORE_KERNELS_RANDOM_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/base/random.h"

namespace edge_int8::core {

inline constexpr std::size_t kRoom = 256;  // what kernels may read past the end
inline constexpr int kGuard = 77;          // and must not write

template <class T>
class Random {
 public:
  explicit Random(Rng* rng) : rng_(*rng) {}
  T Value(int64_t low, int64_t high) {
    return static_cast<T>(low + static_cast<int64_t>(rng_.Below(
                                    static_cast<uint64_t>(high - low + 1))));
  }
  std::vector<T> Values(std::size_t n, int64_t low, int64_t high) {
    std::vector<T> values(n + kRoom);
    for (T& v : values) v = Value(low, high);
    return values;
  }

 private:
  Rng& rng_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_TESTS_CORE_KERNELS_RANDOM_VALUES_H_
