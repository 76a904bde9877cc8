// Winograd's transforms on every instruction set against the matrices that
// kernel_table.h gives, at every number of tiles and channels around the
// vectors, with values that wrap.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/kernels/isa.h"
#include "core/kernels/kernels.h"
#include "src/base/random.h"
#include "tests/core_kernels/random_values.h"

namespace edge_int8::core {
namespace {

constexpr int kB[4][4] = {
    {1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
constexpr int kA[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};

template <class T>
std::size_t At(T i) {
  return static_cast<std::size_t>(i);
}

class Winograd : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& k() const { return *FindKernels(GetParam()); }
  Rng rng_{13};
};

INSTANTIATE_TEST_SUITE_P(Kernels, Winograd, testing::ValuesIn(AvailableIsas()),
                         [](const auto& info) {
                           return std::string(IsaName(info.param));
                         });

TEST_P(Winograd, InputsAreTransformedModulo16Bits) {
  for (int32_t tiles = 1; tiles <= 11; ++tiles) {
    for (const int32_t channels : {16, 32, 48, 64}) {
      const int32_t places = 2 * tiles + 3;
      const int32_t row = places * channels;
      std::vector<int16_t> x =
          Random<int16_t>(&rng_).Values(At(5 * row), -32768, 32767);
      // Halfway up, the tiles aren't neighbours any more.
      std::vector<int32_t> position;
      for (int32_t t = 0; t < tiles; ++t) {
        const int32_t place = t < tiles / 2 ? 2 * t : places - 4 - t % 3;
        position.push_back((row + place * channels) * 2);
      }
      const int32_t product = tiles * channels;
      std::vector<int16_t> out(At(16 * product) + kRoom, kGuard);
      std::vector<int16_t> expected = out;
      k().winograd_input({reinterpret_cast<const std::byte*>(x.data()),
                          position.data(), tiles, row * 2, channels * 2,
                          channels, out.data()});
      for (int32_t n = 0; n < 16 * product; ++n) {
        const int32_t i = n / product / 4, j = n / product % 4;
        const int32_t t = n % product / channels, c = n % channels;
        int32_t sum = 0;
        for (int h = 0; h < 4; ++h) {
          for (int w = 0; w < 4; ++w) {
            sum += kB[i][h] * kB[j][w] *
                   x[At(position[At(t)] / 2 + h * row + w * channels + c)];
          }
        }
        expected[At(n)] = static_cast<int16_t>(sum);
      }
      ASSERT_EQ(out, expected) << tiles << " tiles, " << channels;
    }
  }
}

TEST_P(Winograd, ProductsBecomeAQuarterOfTheirSumsAndABias) {
  for (int32_t tiles = 1; tiles <= 11; ++tiles) {
    for (const int32_t columns : {16, 32, 48}) {
      const int32_t product = tiles * columns;
      const std::vector<int32_t> products =
          Random<int32_t>(&rng_).Values(At(16 * product), INT32_MIN, INT32_MAX);
      const std::vector<int32_t> bias =
          Random<int32_t>(&rng_).Values(At(columns), INT32_MIN, INT32_MAX);
      const int32_t row = 2 * tiles + 1;
      std::vector<int32_t> place;
      for (int32_t t = 0; t < tiles; ++t)
        place.push_back((2 * t + t / 4 % 2) * columns);
      std::vector<int32_t> acc(At(2 * row * columns) + kRoom, kGuard);
      std::vector<int32_t> expected = acc;
      k().winograd_output({products.data(), tiles, columns, bias.data(),
                           place.data(), row, acc.data()});
      for (int32_t n = 0; n < tiles * 4 * columns; ++n) {
        const int32_t t = n / columns / 4, i = n / columns / 2 % 2,
                      j = n / columns % 2, c = n % columns;
        uint32_t sum = 0;
        for (int h = 0; h < 4; ++h) {
          for (int w = 0; w < 4; ++w) {
            sum += static_cast<uint32_t>(kA[i][h] * kA[j][w]) *
                   static_cast<uint32_t>(
                       products[At((4 * h + w) * product + t * columns + c)]);
          }
        }
        expected[At(place[At(t)] + (i * row + j) * columns + c)] =
            static_cast<int32_t>(
                static_cast<uint32_t>(static_cast<int32_t>(sum) >> 2) +
                static_cast<uint32_t>(bias[At(c)]));
      }
      ASSERT_EQ(acc, expected) << tiles << " tiles, " << columns;
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
