// One multiplier for all channels, of several, against Activate().
#include "core/engine/uniform_finish.h"

#include <gtest/gtest.h>

#include "core/kernels/scalar/scalar_kernels.h"

namespace edge_int8::core {
namespace {

TEST(UniformFinish, EqualsActivateAtEveryLengthAndScale) {
  const std::vector<Multiplier> scales = {
      {1 << 30, 35}, {0, 1}, {1500000000, 29}, {0x55555580, 41}};
  for (const Type type : {Type::kU8, Type::kS8, Type::kS16}) {
    Activation a;
    a.zero = type == Type::kU8 ? 7 : 0;
    a.low = type == Type::kU8 ? 0 : -120;
    a.high = type == Type::kS16 ? 30000 : 120;
    const UniformFinish finish(scales, a, type, 1 << 20);
    for (std::size_t s = 0; s < scales.size(); ++s) {
      for (int32_t n = 1; n <= 40; ++n) {
        std::vector<int32_t> acc(static_cast<std::size_t>(n) + kPanel);
        for (std::size_t i = 0; i < acc.size(); ++i) {
          acc[i] = static_cast<int32_t>(i * 52429 % (1 << 21)) - (1 << 20);
        }
        const std::vector<int32_t> values = acc;
        std::vector<std::byte> out(256, std::byte{77});
        finish.Run(kScalarKernels, acc.data(), n, out.data(), s);
        for (int32_t i = 0; i < n; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const int32_t stored =
              type == Type::kS16
                  ? reinterpret_cast<const int16_t*>(out.data())[i]
                  : static_cast<int32_t>(out[at]) -
                        (type == Type::kS8 ? 128 : 0);
          ASSERT_EQ(stored, Activate(a, Requantize(values[at], scales[s])));
        }
        EXPECT_EQ(out[static_cast<std::size_t>(n * TypeBytes(type))],
                  std::byte{77});
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
