// Python's random.seed(n) and random.shuffle, number for number, because the
// split is defined by them. Tested by python_random_test.cc against CPython for
// every length from 1 to 600.
#ifndef EDGE_INT8_SRC_POSE_PYTHON_RANDOM_H_
#define EDGE_INT8_SRC_POSE_PYTHON_RANDOM_H_

#include <cstdint>
#include <random>
#include <vector>

namespace edge_int8 {

class PythonRandom {
 public:
  // random.seed(seed), for seeds of one 32-bit digit.
  explicit PythonRandom(uint32_t seed);

  // random.getrandbits(bits), 1 to 32 bits.
  uint32_t Bits(int bits) {
    return static_cast<uint32_t>(engine_()) >> (32 - bits);
  }
  // random._randbelow(n), n > 0: tries again rather than take a remainder.
  uint32_t Below(uint32_t n);

 private:
  std::mt19937 engine_;
};

// random.seed(seed); files = list(range(count)); random.shuffle(files)
std::vector<int> PythonShuffle(uint32_t seed, int count);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_PYTHON_RANDOM_H_
