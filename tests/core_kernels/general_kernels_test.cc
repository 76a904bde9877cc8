// The primitives of general_kernels.h: scalar ones against core/arith, and
// every instruction set's against the scalar ones, at every length around the
// vector widths. What lies behind an output stays as it is.
#include "core/kernels/general_kernels.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/arith/recurrent.h"
#include "core/arith/softmax.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "tests/core_kernels/random_values.h"

namespace edge_int8::core {
namespace {

constexpr int kMostValues = 150;  // crosses every width, its block and its tail

class EveryGeneralIsa : public testing::TestWithParam<Isa> {
 protected:
  const GeneralKernels& k() const { return *FindKernels(GetParam())->general; }
  template <class T>
  std::vector<T> Any(int n, int64_t low, int64_t high) {
    return Random<T>(&rng_).Values(static_cast<std::size_t>(n), low, high);
  }
  std::vector<int16_t> Words(int n) { return Any<int16_t>(n, -32768, 32767); }
  std::vector<uint8_t> Bytes(int n) { return Any<uint8_t>(n, 0, 255); }

  // run(kernels, output): both tables, outputs that begin alike.
  template <class Out, class Run>
  void ExpectSame(std::vector<Out> before, int n, const Run& run) {
    std::vector<Out> expected = before;
    run(kGeneralScalar, expected.data());
    run(k(), before.data());
    ASSERT_EQ(before, expected) << n;
  }
  template <class Out>
  static std::vector<Out> Guarded(int n) {
    return std::vector<Out>(static_cast<std::size_t>(n) + kRoom,
                            static_cast<Out>(kGuard));
  }

  Rng rng_{11};
};

INSTANTIATE_TEST_SUITE_P(Kernels, EveryGeneralIsa,
                         testing::ValuesIn(AvailableIsas()),
                         [](const auto& info) {
                           return std::string(IsaName(info.param));
                         });

TEST_P(EveryGeneralIsa, ValueByValueEqualsScalar) {
  for (int n = 0; n <= kMostValues; ++n) {
    const auto bytes = Bytes(n);
    const auto table = Bytes(512);
    const auto a = Words(n), b = Words(n);
    const auto zero = static_cast<int32_t>(rng_.Below(256));
    ExpectSame(Guarded<int16_t>(n), n, [&](const auto& f, int16_t* out) {
      f.center_u8(bytes.data(), zero, n, out);
    });
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* out) {
      f.widen_s16(a.data(), n, out);
    });
    ExpectSame(Guarded<uint8_t>(n), n, [&](const auto& f, uint8_t* out) {
      f.map_u8(table.data(), bytes.data(), n, out);
    });
    ExpectSame(Guarded<int16_t>(n), n, [&](const auto& f, int16_t* out) {
      f.map_u8_s16(table.data(), bytes.data(), n, out);
    });
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* out) {
      f.multiply_s16(a.data(), b.data(), n, out);
    });
    ExpectSame(Any<int32_t>(n, -1000000, 1000000), n,
               [&](const auto& f, int32_t* sum) {
                 f.accumulate_s16(a.data(), n, sum);
               });
  }
}

TEST_P(EveryGeneralIsa, RoundedSumsEqualRoundShiftAlsoInPlace) {
  for (int n = 0; n <= kMostValues; ++n) {
    const int32_t bits = 1 + n % 30;
    const auto sums = Any<int32_t>(n, -0x7fffffffLL - 1, 0x7fffffff);
    std::vector<int32_t> in_place = sums;
    std::vector<int16_t> out = Guarded<int16_t>(n);
    k().round_sum(sums.data(), bits, 9, -300, 20000, n, out.data());
    k().round_sum(in_place.data(), bits, 9, -300, 20000, n,
                  reinterpret_cast<int16_t*>(in_place.data()));
    for (int i = 0; i < n; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const int32_t expected =
          Clamp(int64_t{RoundShift(sums[at], bits)} + 9, -300, 20000);
      ASSERT_EQ(out[at], expected) << bits;
      ASSERT_EQ(reinterpret_cast<int16_t*>(in_place.data())[i], expected);
    }
    ASSERT_EQ(out[static_cast<std::size_t>(n)], kGuard);
  }
}

TEST_P(EveryGeneralIsa, PlacesFoldAsScalar) {
  for (int n = 0; n <= 100; ++n) {
    const int places = 1 + n % 7;
    const int pitch = n + n % 3;
    const auto bytes = Bytes(places * pitch);
    const auto words = Words(places * pitch);
    const PlaceRun of_bytes = {reinterpret_cast<const std::byte*>(bytes.data()),
                               pitch, places, n};
    const PlaceRun of_words = {reinterpret_cast<const std::byte*>(words.data()),
                               2 * pitch, places, n};
    ExpectSame(Any<int32_t>(n, -999, 999), n, [&](const auto& f, int32_t* sum) {
      f.sum_places_u8(of_bytes, sum);
      f.sum_places_s16(of_words, sum);
    });
    ExpectSame(Bytes(n), n, [&](const auto& f, uint8_t* largest) {
      f.max_places_u8(of_bytes, largest);
    });
    ExpectSame(Words(n), n, [&](const auto& f, int16_t* largest) {
      f.max_places_s16(of_words, largest);
    });
  }
}

TEST_P(EveryGeneralIsa, BlendsEqualScalar) {
  for (int n = 0; n <= kMostValues; ++n) {
    const auto a = Words(n), b = Words(n);
    const auto c = Any<int32_t>(n, -(1 << 23), 1 << 23);
    const auto d = Any<int32_t>(n, -(1 << 23), 1 << 23);
    const int32_t weight = n % 5 == 0 ? 256 : n % 256;
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* out) {
      f.blend_s16(a.data(), b.data(), weight, n, out);
    });
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* out) {
      f.blend_s32(c.data(), d.data(), weight, n, out);
    });
  }
}

// Tables need not be exponentials to be looked up.
TEST_P(EveryGeneralIsa, SoftmaxOfALineAndOfLinesEqualsSoftmaxRow) {
  ExpTables tables;
  for (std::size_t i = 0; i < 256; ++i) {
    tables.coarse[i] = static_cast<uint16_t>(rng_.Below(32769));
    tables.fine[i] = static_cast<uint16_t>(rng_.Below(32769));
  }
  tables.coarse[0] = tables.fine[0] = 32768;
  const std::vector<int32_t> coarse(tables.coarse.begin(), tables.coarse.end());
  const std::vector<int32_t> fine(tables.fine.begin(), tables.fine.end());
  for (int n = 1; n <= kMostValues; ++n) {
    const Multiplier logit = {(1 << 30) + n * 7000000, 20 + n % 30};
    const ExpArgs args = {coarse.data(), fine.data(), logit.mantissa,
                          logit.shift};
    auto words = Words(n);
    const int16_t max = k().largest_s16(words.data(), n);
    const std::vector<int32_t> x(words.begin(), words.begin() + n);
    std::vector<uint32_t> exps(static_cast<std::size_t>(n));
    std::vector<int16_t> p(static_cast<std::size_t>(n));
    SoftmaxRow(tables, logit, 0, x.data(), n, exps.data(), p.data());
    uint32_t sum = 0;
    for (const uint32_t e : exps) sum += e;
    ExpectSame(Guarded<uint32_t>(n), n, [&](const auto& f, uint32_t* out) {
      EXPECT_EQ(f.exp_line(args, words.data(), max, n, out), sum);
      EXPECT_TRUE(std::equal(exps.begin(), exps.end(), out));
    });
    ExpectSame(Guarded<int16_t>(n), n, [&](const auto& f, int16_t* out) {
      f.probabilities(exps.data(), 65534, n, out);
    });
    const std::vector<int16_t> maxima(words.size(), max);
    ExpectSame(Any<uint32_t>(n, 0, 99), n, [&](const auto& f, uint32_t* sums) {
      std::vector<uint32_t> out(words.size());
      f.exp_lines(args, words.data(), maxima.data(), n, out.data(), sums);
      EXPECT_TRUE(std::equal(exps.begin(), exps.end(), out.begin()));
    });
    const auto reciprocals = Any<uint32_t>(n, 0, 65534);
    ExpectSame(Guarded<int16_t>(n), n, [&](const auto& f, int16_t* out) {
      f.probabilities_lines(exps.data(), reciprocals.data(), n, out);
    });
  }
}

TEST_P(EveryGeneralIsa, NormsEqualScalar) {
  for (int n = 0; n <= kMostValues; ++n) {
    const auto x = Any<int16_t>(n, n % 2 == 0 ? -32768 : -255, 32767);
    const auto gain = Any<int32_t>(n, -8191, 8191);
    const auto bias = Any<int32_t>(n, -1000000, 1000000);
    ExpectSame(std::vector<int64_t>(2, 5), n, [&](const auto& f, int64_t* m) {
      f.moments(x.data(), n, m, m + 1);
    });
    ExpectSame(Any<int64_t>(2 * n, -9, 9), n, [&](const auto& f, int64_t* m) {
      f.moments_channels(x.data(), n, m, m + n);
    });
    const int32_t count = 1 + n * 37;
    const NormScale scale = {count * 100, n % 14, (1 << 30) + n * 999,
                             1 << (n % 17), 1 + n % 17};
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* acc) {
      f.normalize({x.data(), n, count, gain.data(), bias.data(), acc}, scale);
    });
    const auto sum = Any<int32_t>(n, -1000000, 1000000);
    const auto left = Any<int32_t>(n, 0, 14);
    const auto mantissa = Any<int32_t>(n, 1 << 30, 0x7fffffff);
    const auto add = Any<int32_t>(n, 1, 1 << 16);
    const auto shift = Any<int32_t>(n, 1, 17);
    ExpectSame(Guarded<int32_t>(n), n, [&](const auto& f, int32_t* acc) {
      f.normalize_channels(
          {x.data(), n, count, gain.data(), bias.data(), acc},
          {sum.data(), left.data(), mantissa.data(), add.data(), shift.data()});
    });
  }
}

TEST_P(EveryGeneralIsa, PackedDwordsAndTurnedSquaresEqualScalar) {
  for (int n = 1; n <= 40; ++n) {
    const int rows = 1 + n % kPanel;
    const int pitch = 4 * n + n % 3;
    const auto bytes = Bytes(kPanel * pitch);
    ExpectSame(Guarded<uint8_t>(64 * n), n, [&](const auto& f, uint8_t* out) {
      f.pack_dwords(reinterpret_cast<const std::byte*>(bytes.data()), pitch,
                    rows, n, n % 2 == 0 ? 0x80808080u : 0u, 0x00ffffffu,
                    reinterpret_cast<std::byte*>(out));
    });
    for (int columns = 1; columns <= 40; ++columns) {
      const auto in = Bytes((n + 1) * columns);
      ExpectSame(Guarded<uint8_t>(n * (columns + 2)), n,
                 [&](const auto& f, uint8_t* out) {
                   f.turn_u8(in.data(), n + 1, n, columns, out, columns + 2);
                 });
      const auto words = Any<uint16_t>((n + 1) * columns, 0, 65535);
      ExpectSame(Guarded<uint16_t>(n * (columns + 2)), n,
                 [&](const auto& f, uint16_t* out) {
                   f.turn_u16(words.data(), n + 1, n, columns, out,
                              columns + 2);
                 });
    }
  }
}

// Any tables within their ranges, any state.
TEST_P(EveryGeneralIsa, GatesEqualTheirSteps) {
  auto sigmoid = Any<int16_t>(kInterpolateEntries, 0, 32767);
  auto tanh = Any<int16_t>(kInterpolateEntries, -32767, 32767);
  const GateTables tables{sigmoid.data(), tanh.data()};
  for (int n = 1; n <= 80; ++n) {
    const auto x = Words(4 * n), r = Words(4 * n);
    const auto h = Any<int16_t>(n, -32767, 32767), c = Words(n);
    const auto at = [n](const auto& values, int gate, int unit) {
      return int32_t{values[static_cast<std::size_t>(gate * n + unit)]};
    };
    auto gru = h, lstm = h, rnn = h, state = c;
    k().gru({x.data(), r.data(), sigmoid.data(), tanh.data(), n, gru.data(),
             nullptr});
    k().lstm({x.data(), r.data(), sigmoid.data(), tanh.data(), n, lstm.data(),
              state.data()});
    k().rnn({x.data(), r.data(), sigmoid.data(), tanh.data(), n, rnn.data(),
             nullptr});
    for (int u = 0; u < n; ++u) {
      const auto i = static_cast<std::size_t>(u);
      ASSERT_EQ(gru[i], GruStep(tables, {at(x, 0, u), at(x, 1, u), at(x, 2, u)},
                                {at(r, 0, u), at(r, 1, u), at(r, 2, u)}, h[i]));
      int32_t cell = c[i];
      const auto sum = [&](int gate) {
        return at(x, gate, u) + at(r, gate, u);
      };
      ASSERT_EQ(lstm[i],
                LstmStep(tables, {sum(0), sum(1), sum(2), sum(3)}, &cell));
      ASSERT_EQ(state[i], cell);
      ASSERT_EQ(rnn[i], RnnStep(tables, sum(0)));
    }
    const auto end = static_cast<std::size_t>(n);
    ASSERT_EQ(gru[end], h[end]);
    ASSERT_EQ(lstm[end], h[end]);
    ASSERT_EQ(rnn[end], h[end]);
    ASSERT_EQ(state[end], c[end]);
  }
}

}  // namespace
}  // namespace edge_int8::core
