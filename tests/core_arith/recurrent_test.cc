#include "core/arith/recurrent.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "src/base/random.h"

namespace edge_int8::core {
namespace {

double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Tables {
  std::vector<int16_t> sigmoid, tanh;
  Tables() {
    for (int i = 0; i < kInterpolateEntries; ++i) {
      const double x = (16 * i - 32768) / 2048.0;
      sigmoid.push_back(static_cast<int16_t>(
          std::min(32767.0, std::round(32768 * Sigmoid(x)))));
      tanh.push_back(static_cast<int16_t>(std::min(
          32767.0, std::max(-32767.0, std::round(32768 * std::tanh(x))))));
    }
  }
  GateTables gates() const { return {sigmoid.data(), tanh.data()}; }
};

// An entry is rounded, a line is rounded, a chord is at most 0.2 units away
// (2^-14 / 8 of the largest second derivative, 0.77), and 1 is 32767.
TEST(GateTables, AreCloseToTheirFunctions) {
  const Tables tables;
  for (int sum = -40000; sum <= 40000; ++sum) {
    const double x = sum / 2048.0;
    ASSERT_NEAR(tables.gates().Sigmoid(sum), 32768 * Sigmoid(x), 1.3) << sum;
    ASSERT_NEAR(tables.gates().Tanh(sum), 32768 * std::tanh(x), 1.3) << sum;
  }
}

// Tables of a constant make a step a sum in the head.
TEST(GruStep, HandComputed) {
  const std::vector<int16_t> quarter(kInterpolateEntries, 8192);
  std::vector<int16_t> ramp;  // 4 times its argument, of small ones
  for (int i = 0; i < kInterpolateEntries; ++i) {
    ramp.push_back(static_cast<int16_t>(
        std::min(32767, std::max(-32767, 4 * (16 * i - 32768)))));
  }
  const GateTables tables = {quarter.data(), ramp.data()};
  // n = 4 * (100 + 400 / 4) = 800; h' = 800 + (1600 - 800) / 4.
  EXPECT_EQ(GruStep(tables, {0, 0, 100}, {0, 0, 400}, 1600), 1000);
  // -6 / 4 = -1.5 is a tie and goes up: n = 4 * -1; h' = -4 + round(4 / 4).
  EXPECT_EQ(GruStep(tables, {0, 0, 0}, {0, 0, -6}, 0), -3);
}

TEST(LstmStep, HandComputed) {
  const std::vector<int16_t> half(kInterpolateEntries, 16384);
  const std::vector<int16_t> g(kInterpolateEntries, -16384);
  const GateTables tables = {half.data(), g.data()};
  // i * g = -1/4 = -512 of 2^-11; c' = 1000 / 2 - 512 = -12.
  int32_t c = 1000;
  EXPECT_EQ(LstmStep(tables, {0, 0, 0, 0}, &c), -8192);
  EXPECT_EQ(c, -12);
}

TEST(LstmStep, TheCellStaysIn16Bits) {
  const Tables tables;
  int32_t c = 0;
  for (int step = 0; step < 100; ++step) {
    LstmStep(tables.gates(), {32767, 32767, 32767, 32767}, &c);
  }
  EXPECT_EQ(c, 32767);
  for (int step = 0; step < 200; ++step) {
    LstmStep(tables.gates(), {32767, 32767, -32768, 32767}, &c);
  }
  EXPECT_GE(c, -32768);
  EXPECT_LE(c, -32766);
}

// 100 steps from random gates against real arithmetic: an LSTM's cell is
// rounded to 2^-11 once a step and forgets by half on average, a GRU's state to
// 2^-15.
TEST(RecurrentSteps, StayCloseToTheRealOnes) {
  const Tables tables;
  Rng rng(6);
  int32_t h = 0, c = 0, gru = 0;
  double real_c = 0, real_gru = 0;
  const auto real = [](int32_t sum) { return sum / 2048.0; };
  for (int step = 0; step < 100; ++step) {
    int32_t x[4], r[3];
    for (int32_t& value : x)
      value = static_cast<int32_t>(rng.Uniform(-6000, 6000));
    for (int32_t& value : r)
      value = static_cast<int32_t>(rng.Uniform(-6000, 6000));
    h = LstmStep(tables.gates(), x, &c);
    real_c = Sigmoid(real(x[1])) * real_c +
             Sigmoid(real(x[0])) * std::tanh(real(x[2]));
    ASSERT_NEAR(c / 2048.0, real_c, 2.5 / 2048) << step;
    ASSERT_NEAR(h / 32768.0, Sigmoid(real(x[3])) * std::tanh(real_c),
                3.0 / 2048)
        << step;
    const int32_t p[3] = {x[0], x[1], x[2]};
    gru = GruStep(tables.gates(), p, r, gru);
    const double z = Sigmoid(real(p[1] + r[1]));
    const double n =
        std::tanh(real(p[2]) + Sigmoid(real(p[0] + r[0])) * real(r[2]));
    real_gru = (1 - z) * n + z * real_gru;
    ASSERT_NEAR(gru / 32768.0, real_gru, 2.0 / 2048) << step;
  }
}

// The bounds that validation promises: nothing leaves 32 bits (the sanitizers
// watch) and h stays within its ends.
TEST(RecurrentSteps, HoldAtTheExtremes) {
  for (const int16_t gate : {int16_t{0}, int16_t{32767}}) {
    for (const int16_t value : {int16_t{-32767}, int16_t{32767}}) {
      const std::vector<int16_t> sigmoid(kInterpolateEntries, gate);
      const std::vector<int16_t> tanh(kInterpolateEntries, value);
      const GateTables tables = {sigmoid.data(), tanh.data()};
      for (const int32_t sum : {-32768, 32767}) {
        for (const int32_t h : {-32767, 32767}) {
          const int32_t next =
              GruStep(tables, {sum, sum, sum}, {sum, sum, sum}, h);
          EXPECT_LE(std::abs(next), 32767);
          for (int32_t c : {-32768, 32767}) {
            EXPECT_LE(std::abs(LstmStep(tables, {sum, sum, sum, sum}, &c)),
                      32767);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
