// Every primitive of every instruction set against plain loops over core/arith,
// at every length around the vector widths and with extreme values.
#include "core/kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/arith/activation.h"
#include "core/arith/boundary.h"
#include "src/base/random.h"
#include "tests/core_kernels/random_values.h"

namespace edge_int8::core {
namespace {

class EveryIsa : public testing::TestWithParam<Isa> {
 protected:
  const KernelTable& k() const { return *FindKernels(GetParam()); }
  Rng rng_{7};
};

INSTANTIATE_TEST_SUITE_P(Kernels, EveryIsa, testing::ValuesIn(AvailableIsas()),
                         [](const auto& info) {
                           return std::string(IsaName(info.param));
                         });

struct GemmCase {
  int32_t positions, steps, columns;
};

std::vector<GemmCase> GemmCases() {
  std::vector<GemmCase> cases;
  for (int32_t positions = 1; positions <= 23; ++positions) {
    cases.push_back({positions, 1 + positions % 5, 1 + positions * 7 % 50});
  }
  for (int32_t columns = 1; columns <= 65; ++columns) {
    cases.push_back({1 + columns % 12, columns % 9, columns});
  }
  return cases;
}

// Packs w[column][step][value].
template <class W>
std::vector<W> Pack(const std::vector<int8_t>& w, const GemmCase& c,
                    int values) {
  const int panels = (c.columns + kPanel - 1) / kPanel;
  std::vector<W> packed(
      static_cast<std::size_t>(panels * c.steps * kPanel * values) + kRoom);
  for (int o = 0; o < c.columns; ++o) {
    for (int s = 0; s < c.steps; ++s) {
      for (int v = 0; v < values; ++v) {
        const int block = (o / kPanel * c.steps + s) * kPanel * values;
        const int lane = o % kPanel * values + v;
        packed[static_cast<std::size_t>(block + lane)] =
            w[static_cast<std::size_t>((o * c.steps + s) * values + v)];
      }
    }
  }
  return packed;
}

template <class X, class W>
void CheckGemm(const GemmCase& c, void (*gemm)(const GemmArgs&), int32_t flip,
               Rng* rng) {
  constexpr int kValues = kStepBytes / static_cast<int>(sizeof(X));
  constexpr bool kBytes = sizeof(X) == 1;
  const auto n = [](auto v) { return static_cast<std::size_t>(v); };
  std::vector<X> x =
      Random<X>(rng).Values(600, kBytes ? 0 : -32768, kBytes ? 255 : 32767);
  // Extremes in a row: anything that saturates on the way shows.
  std::fill(x.begin(), x.begin() + 40, X(kBytes ? 255 : -32768));
  std::vector<int8_t> w =
      Random<int8_t>(rng).Values(n(c.columns * c.steps * kValues), -127, 127);
  std::fill(w.begin(), w.begin() + std::min<std::ptrdiff_t>(40, c.steps * 4),
            int8_t{127});
  std::vector<int32_t> step, position;
  for (int s = 0; s < c.steps; ++s) {
    step.push_back(static_cast<int32_t>(sizeof(X)) *
                   (s * kValues + static_cast<int32_t>(rng->Below(3))));
  }
  for (int p = 0; p < c.positions; ++p) {
    position.push_back(static_cast<int32_t>(sizeof(X)) * p * 11);
  }
  const std::vector<int32_t> bias =
      Random<int32_t>(rng).Values(n(c.columns), -(1 << 28), 1 << 28);
  const std::vector<W> packed = Pack<W>(w, c, kValues);
  const int32_t stride = c.columns + 3;
  std::vector<int32_t> acc(n(stride * c.positions), kGuard);
  gemm({reinterpret_cast<const std::byte*>(x.data()), position.data(),
        c.positions, step.data(), c.steps,
        reinterpret_cast<const std::byte*>(packed.data()), bias.data(),
        c.columns, acc.data(), stride});
  for (int p = 0; p < c.positions; ++p) {
    for (int o = 0; o < stride; ++o) {
      int32_t expected = kGuard;
      if (o < c.columns) {
        expected = bias[n(o)];
        for (int s = 0; s < c.steps; ++s) {
          for (int v = 0; v < kValues; ++v) {
            const auto at = (position[n(p)] + step[n(s)]) /
                                static_cast<int32_t>(sizeof(X)) +
                            v;
            expected +=
                (x[n(at)] - flip) * w[n((o * c.steps + s) * kValues + v)];
          }
        }
      }
      ASSERT_EQ(acc[n(p * stride + o)], expected)
          << "positions " << c.positions << " steps " << c.steps << " columns "
          << c.columns << " at " << p << ", " << o;
    }
  }
}

TEST_P(EveryIsa, BytesProductEqualsPlainLoops) {
  if (k().weight_form == WeightForm::kShared) {
    GTEST_SKIP() << "takes an order: step_sharing_test.cc";
  }
  if (k().weight_form == WeightForm::kWords) {
    ASSERT_EQ(k().gemm_u8, nullptr);
    GTEST_SKIP() << "widens bytes";
  }
  for (const GemmCase& c : GemmCases()) {
    CheckGemm<uint8_t, int8_t>(c, k().gemm_u8, k().flips_bytes ? 128 : 0,
                               &rng_);
  }
}

TEST_P(EveryIsa, WordsProductEqualsPlainLoops) {
  for (const GemmCase& c : GemmCases()) {
    CheckGemm<int16_t, int16_t>(c, k().gemm_s16, 0, &rng_);
  }
}

TEST_P(EveryIsa, WidensEveryByteAndWritesNoMore) {
  if (k().widen_u8 == nullptr) GTEST_SKIP() << "multiplies bytes";
  for (int32_t count = 0; count <= 70; ++count) {
    const auto n = static_cast<std::size_t>(count);
    const std::vector<uint8_t> in = Random<uint8_t>(&rng_).Values(n, 0, 255);
    std::vector<int16_t> out(n + kRoom, kGuard);
    std::vector<int16_t> expected = out;
    std::copy_n(in.begin(), n, expected.begin());
    k().widen_u8(in.data(), count, out.data());
    ASSERT_EQ(out, expected);
  }
}

// The row is given in the kernels' form, so the plain loop is that formula;
// channel_scales_test.cc ties the form to Requantize().
TEST_P(EveryIsa, RequantizeEqualsItsFormulaAlsoInPlace) {
  enum class Form { kPlain, kLimited, kFloat };
  for (const Form form : {Form::kPlain, Form::kLimited, Form::kFloat}) {
    const bool limited = form == Form::kLimited;
    for (const int32_t period : {16, 32, 48, 112}) {
      const int32_t rows = 7 + period / 16;  // several blocks of rows
      const auto size = static_cast<std::size_t>(period) + 16;
      Random<int32_t> random(&rng_);
      auto mantissa = random.Values(size, 1 << 30, 0x7fffffff);
      auto shift = random.Values(size, 1, 30);
      std::vector<float> real;
      if (form == Form::kFloat) {  // as ChannelScales does
        for (std::size_t c = 0; c < mantissa.size(); ++c) {
          mantissa[c] = (mantissa[c] & ~255) | 128;
          real.push_back(
              std::ldexp(static_cast<float>(mantissa[c]), -32 - shift[c]));
        }
      }
      std::vector<int32_t> add;
      for (const int32_t s : shift) add.push_back(1 << (s - 1));
      const auto limit = random.Values(size, 1, 1 << 19);
      const auto left = random.Values(size, 0, 11);
      std::vector<int32_t> acc = random.Values(
          static_cast<std::size_t>(rows * period), INT32_MIN + 1, INT32_MAX);
      for (std::size_t i = 0; i < acc.size(); i += 3) acc[i] >>= 12;
      if (form == Form::kFloat) {
        for (int32_t& value : acc) value >>= 8;  // to 24 bits with its sign
      }
      RequantizeArgs args{
          acc.data(),
          rows * period,
          period,
          {mantissa.data(), mantissa.data() + 1, add.data(), shift.data(),
           limited ? limit.data() : nullptr, limited ? left.data() : nullptr,
           form == Form::kFloat ? real.data() : nullptr},
          random.Value(-65535, 65535),
          -300,
          20000,
          nullptr};
      std::vector<int16_t> expected;
      for (int i = 0; i < args.count; ++i) {
        const auto c = static_cast<std::size_t>(i % period);
        int64_t value = acc[static_cast<std::size_t>(i)];
        if (limited) {
          value = Clamp(value, -limit[c], limit[c]) * (int64_t{1} << left[c]);
        }
        value = (((value * mantissa[c]) >> 32) + add[c]) >> shift[c];
        expected.push_back(static_cast<int16_t>(
            Clamp(value + args.zero, args.low, args.high)));
      }
      std::vector<int16_t> apart(expected.size());
      args.out = apart.data();
      k().requantize(args);
      EXPECT_EQ(apart, expected);
      args.out = reinterpret_cast<int16_t*>(acc.data());
      k().requantize(args);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), args.out));
    }
  }
}

TEST_P(EveryIsa, SumEqualsRoundShiftAtEveryLength) {
  Random<int16_t> random(&rng_);
  for (int n = 0; n <= 70; ++n) {
    std::vector<int16_t> a = random.Values(70, -32768, 32767);
    const std::vector<int16_t> b = random.Values(70, -32768, 32767);
    a[0] = a[1] = b[0] < 0 ? int16_t{-32768} : int16_t{32767};
    std::vector<int16_t> out(80, kGuard);
    const int32_t bits = 1 + n % 15;
    const int32_t zero = static_cast<int32_t>(rng_.Below(131071)) - 65535;
    k().sum_s16({a.data(), b.data(), n, bits, zero, -1000, 30000, out.data()});
    for (std::size_t i = 0; i < out.size(); ++i) {
      const int32_t sum = RoundShift(a[i] + b[i], bits) + zero;
      EXPECT_EQ(out[i], i < static_cast<std::size_t>(n)
                            ? Clamp(sum, -1000, 30000)
                            : kGuard);
    }
  }
}

TEST_P(EveryIsa, TablesEqualIndexingAtEveryLength) {
  const std::vector<uint8_t> planes =
      Random<uint8_t>(&rng_).Values(512, 0, 255);
  const std::vector<int16_t> wide =
      Random<int16_t>(&rng_).Values(4097, -32768, 32767);
  for (int n = 0; n <= 200; ++n) {
    const auto in = Random<int16_t>(&rng_).Values(200, 0, 255);
    const auto any = Random<int16_t>(&rng_).Values(200, -32768, 32767);
    const auto far = Random<int16_t>(&rng_).Values(200, -90, 4005);
    std::vector<uint8_t> narrow(256, kGuard), bytes(256, kGuard);
    std::vector<int16_t> words(256, kGuard), found(256, kGuard),
        between(256, kGuard);
    k().narrow_u8(in.data(), n, narrow.data());
    k().lookup_u8(planes.data(), in.data(), n, bytes.data());
    k().lookup_s16(planes.data(), in.data(), n, words.data());
    k().lookup_wide(wide.data(), -90, far.data(), n, found.data());
    k().interpolate(wide.data(), any.data(), n, between.data());
    for (std::size_t i = 0; i < 256; ++i) {
      const bool inside = i < static_cast<std::size_t>(n);
      const auto index = static_cast<std::size_t>(in[i]);
      EXPECT_EQ(narrow[i], inside ? in[i] : kGuard);
      EXPECT_EQ(bytes[i], inside ? planes[index] : kGuard);
      EXPECT_EQ(words[i], inside ? static_cast<int16_t>(
                                       planes[index] | planes[256 + index] << 8)
                                 : kGuard);
      EXPECT_EQ(found[i],
                inside ? wide[static_cast<std::size_t>(far[i] + 90)] : kGuard);
      EXPECT_EQ(between[i], inside ? Interpolate(wide.data(), any[i]) : kGuard);
    }
  }
}

TEST_P(EveryIsa, QuantizingEqualsQuantizeInputAtEveryLength) {
  const std::vector<float> values = {
      0.0f,   -0.0f,    0.5f,      1.5f,  2.5f,   254.5f,    254.49998f,
      255.0f, 255.5f,   256.0f,    1e10f, -1e10f, 3.4e38f,   -3.4e38f,
      1e-40f, INFINITY, -INFINITY, NAN,   -NAN,   0.4999999f};
  for (const float factor : {1.0f, 255.0f, 0.37f}) {
    for (int n = 0; n <= 70; ++n) {
      const int32_t zero =
          n % 3 == 0 ? 0 : static_cast<int32_t>(rng_.Below(256));
      std::vector<float> in;
      for (int i = 0; i < n; ++i) {
        const auto pick = static_cast<std::size_t>(rng_.Below(40));
        in.push_back(pick < values.size()
                         ? values[pick]
                         : static_cast<float>(rng_.Below(900)) * 0.5f - 150);
      }
      std::vector<uint8_t> out(80, kGuard);
      k().quantize_u8(in.data(), factor, zero, n, out.data());
      for (int i = 0; i < 80; ++i) {
        const auto at = static_cast<std::size_t>(i);
        ASSERT_EQ(out[at], i < n ? QuantizeInput(in[at], factor, zero) : kGuard)
            << (i < n ? in[at] : 0);
      }
    }
  }
}

TEST_P(EveryIsa, TransposeEqualsPlainLoops) {
  for (int32_t channels = 1; channels <= 36; ++channels) {
    for (int32_t places = 1; places <= 22; ++places) {
      const int64_t pitch = channels + channels % 3;
      const auto in = Random<uint8_t>(&rng_).Values(
          static_cast<std::size_t>(channels * places), 0, 255);
      std::vector<uint8_t> out(static_cast<std::size_t>(pitch * places),
                               kGuard);
      k().transpose_u8(in.data(), channels, places, out.data(), pitch);
      for (int32_t t = 0; t < places; ++t) {
        for (int32_t c = 0; c < pitch; ++c) {
          ASSERT_EQ(out[static_cast<std::size_t>(t * pitch + c)],
                    c < channels ? in[static_cast<std::size_t>(c * places + t)]
                                 : kGuard);
        }
      }
    }
  }
}

TEST_P(EveryIsa, PeakCountsItsWork) {
  int32_t sink = 1;
  const int64_t once = k().peak(10, &sink);
  EXPECT_GT(once, 0);
  EXPECT_EQ(k().peak(20, &sink), 2 * once);
}

}  // namespace
}  // namespace edge_int8::core
