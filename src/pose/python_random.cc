#include "src/pose/python_random.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

namespace edge_int8 {
namespace {

// The generator is std::mt19937; only the way to its first state is Python's.
// init_by_array() of mt19937ar.c (Matsumoto, Nishimura 2002) with one key.
class InitByArray {
 public:
  using result_type = uint32_t;

  explicit InitByArray(uint32_t key) : key_(key) {}

  template <typename Iterator>
  void generate(Iterator begin, Iterator end) {
    std::array<uint32_t, kSize> state;
    state[0] = 19650218;
    for (uint32_t i = 1; i < kSize; ++i) {
      state[i] = 1812433253 * Mixed(state[i - 1]) + i;
    }
    uint32_t i = 1;
    const auto step = [&] {
      if (++i < kSize) return;
      state[0] = state[kSize - 1];
      i = 1;
    };
    for (uint32_t k = 0; k < kSize; ++k) {
      state[i] = (state[i] ^ (Mixed(state[i - 1]) * 1664525)) + key_;
      step();
    }
    for (uint32_t k = 0; k < kSize - 1; ++k) {
      state[i] = (state[i] ^ (Mixed(state[i - 1]) * 1566083941)) - i;
      step();
    }
    state[0] = 0x80000000;
    std::copy_n(state.begin(), std::min<int64_t>(kSize, end - begin), begin);
  }

 private:
  static constexpr uint32_t kSize = std::mt19937::state_size;
  static uint32_t Mixed(uint32_t x) { return x ^ (x >> 30); }

  uint32_t key_;
};

}  // namespace

PythonRandom::PythonRandom(uint32_t seed) {
  InitByArray sequence(seed);
  engine_.seed(sequence);
}

uint32_t PythonRandom::Below(uint32_t n) {
  const auto bits = static_cast<int>(std::bit_width(n));
  uint32_t value = Bits(bits);
  while (value >= n) value = Bits(bits);
  return value;
}

std::vector<int> PythonShuffle(uint32_t seed, int count) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  PythonRandom random(seed);
  for (std::size_t i = order.size(); i-- > 1;) {
    std::swap(order[i], order[random.Below(static_cast<uint32_t>(i) + 1)]);
  }
  return order;
}

}  // namespace edge_int8
