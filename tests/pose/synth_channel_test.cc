#include "src/pose/synth_channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "src/base/error.h"
#include "src/pose/upstream_shape.h"

namespace edge_int8::synth {
namespace {

// A subject `away` metres from its place, standing still.
BodyTrack Standing(double away) {
  Rng rng(1);
  const Body body = DrawBody(rng);
  BodyAngles angles;
  angles.y = away;
  BodyTrack track;
  for (int p = 0; p < kFrames; ++p) track.Set(p, PlaceJoints(body, angles));
  return track;
}

Gains Flat(float gain) {
  Gains gains;
  for (PacketRow& row : gains) row.fill(gain);
  return gains;
}

std::vector<float> WindowOf(const BodyTrack& body, float gain,
                            uint64_t noise_seed) {
  const Channel channel{Rng(42)};
  Rng noise(noise_seed);
  std::vector<float> window(kWindowValues);
  channel.Window(body, Flat(gain), noise, window);
  return window;
}

// Mean over the packets of each subcarrier, which averages most noise away.
std::vector<double> Levels(const std::vector<float>& window) {
  std::vector<double> levels(kSubcarriers);
  for (std::size_t i = 0; i < window.size(); ++i) {
    levels[i / kFrames] += window[i] / kFrames;
  }
  return levels;
}

double RootMeanSquare(const std::vector<double>& a,
                      const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += (a[i] - b[i]) * (a[i] - b[i]);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(SynthChannel, ValuesLieInTheUnitIntervalWhateverTheGain) {
  for (const float gain : {0.5f, 1.0f, 20.0f}) {
    for (const float value : WindowOf(Standing(0), gain, 1)) {
      ASSERT_GE(value, 0.0f);
      ASSERT_LE(value, 1.0f);
    }
  }
}

TEST(SynthChannel, GainScalesAmplitudes) {
  const std::vector<float> one = WindowOf(Standing(0), 0.5f, 1);
  const std::vector<float> half = WindowOf(Standing(0), 0.25f, 1);
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (one[i] == 1) continue;  // clipped
    ASSERT_FLOAT_EQ(half[i], one[i] / 2) << i;
  }
}

TEST(SynthChannel, ABodyFarAwayLeavesTheEmptyRoomsLevel) {
  // 200 m away nothing is shadowed, and echoes are 10,000 times weaker. Each
  // link was scaled to a mean of 0.45; noise adds a little to weak tones.
  const std::vector<double> levels = Levels(WindowOf(Standing(200), 1, 1));
  for (std::size_t link = 0; link < kLinks; ++link) {
    double mean = 0;
    for (std::size_t k = 0; k < kSubcarriersPerLink; ++k) {
      mean += levels[link * kSubcarriersPerLink + k] / kSubcarriersPerLink;
    }
    EXPECT_NEAR(mean, 0.45, 0.01) << link;
  }
}

TEST(SynthChannel, MovingTheBodySaysMoreThanNoise) {
  const std::vector<double> here = Levels(WindowOf(Standing(0), 1, 1));
  const std::vector<double> again = Levels(WindowOf(Standing(0), 1, 2));
  const std::vector<double> near = Levels(WindowOf(Standing(0.02), 1, 3));
  const double noise = RootMeanSquare(here, again);
  EXPECT_GT(noise, 0);
  EXPECT_GT(RootMeanSquare(here, near), 4 * noise);
}

TEST(SynthChannel, NoiseHasTheStatedSize) {
  // Of one packet against another, around strong tones: the part of complex
  // noise along the signal, of standard deviation kNoise * 0.45 / sqrt(2)
  // each, differs by sqrt(2) of it.
  const std::vector<float> window = WindowOf(Standing(200), 1, 7);
  double sum = 0;
  int count = 0;
  for (std::size_t c = 0; c < kSubcarriers; ++c) {
    const float* const row = window.data() + c * kFrames;
    if (row[0] < 0.3f || row[0] > 0.9f) continue;
    for (std::size_t p = 1; p < kFrames; ++p) {
      const double step = row[p] - row[p - 1];
      sum += step * step;
      ++count;
    }
  }
  ASSERT_GT(count, 1000);
  EXPECT_NEAR(std::sqrt(sum / count), kNoise * 0.45, 0.1 * kNoise * 0.45);
}

TEST(SynthChannel, RefusesAWindowOfAnotherSize) {
  const Channel channel{Rng(1)};
  Rng noise(1);
  std::vector<float> window(10);
  EXPECT_THROW(channel.Window(Standing(0), Flat(1), noise, window), Error);
}

}  // namespace
}  // namespace edge_int8::synth
