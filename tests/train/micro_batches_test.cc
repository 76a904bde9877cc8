#include "train/commands/micro_batches.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "src/base/parallel.h"
#include "src/base/random.h"
#include "train/commands/task_loop.h"
#include "train/commands/training_inputs.h"

namespace edge_int8::train {
namespace {

at::Tensor Values(std::vector<float> values) {
  return at::tensor(values, at::kFloat);
}

TEST(MicroBatches, CutABatchTheSameWayWhateverItsSize) {
  std::vector<int64_t> batch(40);
  std::iota(batch.begin(), batch.end(), 100);
  const MicroBatches micros(40, at::kCPU);
  ASSERT_EQ(micros.count(), 3);
  EXPECT_EQ(micros.Of(batch, 1).front(), 116);
  EXPECT_EQ(micros.Of(batch, 2).size(), 8u);
  EXPECT_EQ(micros.Weight(0) + micros.Weight(1) + micros.Weight(2), 1.0);
  EXPECT_EQ(micros.mine().size(), 3) << "one process has all of them";
  EXPECT_FALSE(micros.leaves_ranks_idle());
  EXPECT_EQ(MicroBatches(40, at::kCUDA).count(), 1) << "a GPU takes its share";
}

TEST(MicroBatches, EachRankOfAMachineTakesItsOwnGpu) {
  EXPECT_EQ(DeviceOfRank(0, 4), 0);
  EXPECT_EQ(DeviceOfRank(3, 4), 3);
  EXPECT_EQ(DeviceOfRank(5, 4), 1) << "more ranks than GPUs share them";
}

// Floats of very different size: their plain sum depends on the order.
TEST(GradientSum, IsTheSameInEveryOrder) {
  Rng rng(5);
  std::vector<at::Tensor> parts;
  for (int i = 0; i < 7; ++i) {
    std::vector<float> values;
    for (int n = 0; n < 1000; ++n) {
      values.push_back(static_cast<float>(rng.Normal() *
                                          std::exp2(rng.Uniform(-30.0, 6.0))));
    }
    parts.push_back(Values(values));
  }
  const auto sum = [&](const std::vector<int>& order) {
    GradientSum gradients(1000);
    for (const int i : order) gradients.Add(parts[std::size_t(i)], 1.0 / 7);
    at::Tensor out = at::empty({1000}, at::kFloat);
    EXPECT_TRUE(gradients.Finish(out));
    return out;
  };
  const at::Tensor there = sum({0, 1, 2, 3, 4, 5, 6});
  EXPECT_TRUE(at::equal(there, sum({6, 3, 0, 5, 1, 4, 2})));
  at::Tensor exact = at::zeros({1000}, at::kDouble);
  for (const at::Tensor& part : parts) exact += part.to(at::kDouble);
  EXPECT_LE((there.to(at::kDouble) - exact).abs().max().item<double>(), 1e-5);
}

TEST(GradientSum, RefusesWhatIsNotFiniteOrHuge) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity(), 1e6f}) {
    GradientSum gradients(2);
    at::Tensor out = at::empty({2}, at::kFloat);
    gradients.Add(Values({1, bad}), 0.5);
    gradients.Add(Values({2, 3}), 0.5);
    EXPECT_FALSE(gradients.Finish(out)) << bad;
    gradients.Add(Values({2, 3}), 1);
    EXPECT_TRUE(gradients.Finish(out)) << "the next sum begins anew";
    EXPECT_TRUE(at::equal(out, Values({2, 3})));
  }
}

// Each alone is below 2^16; 16 of them leave int64 and change their sign.
TEST(GradientSum, RefusesWhatIsHugeTogether) {
  GradientSum gradients(1);
  at::Tensor out = at::empty({1}, at::kFloat);
  for (const int count : {8, 16}) {
    for (int m = 0; m < count; ++m) {
      gradients.Add(Values({60000}), 1.0 / count);
    }
    EXPECT_FALSE(gradients.Finish(out)) << count;
  }
  for (int m = 0; m < 4096; ++m) gradients.Add(Values({15.9375f}), 1.0 / 4096);
  EXPECT_TRUE(gradients.Finish(out));
  EXPECT_EQ(out.item<float>(), 15.9375f * 4096) << "as large as one batch's";
}

class SideBySide : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    SetThreads(GetParam());
    TrainingArena();
  }
  void TearDown() override { SetThreads(0); }
};
INSTANTIATE_TEST_SUITE_P(Threads, SideBySide, testing::Values(1, 2, 9));

TEST_P(SideBySide, EveryPartHearsAllInOrderAtEveryMeeting) {
  const MicroBatches micros(70, at::kCPU);
  ASSERT_EQ(micros.count(), 5);
  std::array<int, 5> meetings = {};
  RunSideBySide(micros, [&](int64_t m, BatchMeeting* meeting) {
    for (int round = 0; round < 20; ++round) {
      const auto all = meeting->Meet({double(m), double(round)});
      ASSERT_EQ(all->size(), 5u);
      for (std::size_t i = 0; i < 5; ++i) {
        ASSERT_EQ((*all)[i], (std::vector<double>{double(i), double(round)}));
      }
      ++meetings[std::size_t(m)];
    }
  });
  for (const int count : meetings) EXPECT_EQ(count, 20);
}

// The others wait at a meeting that will not be held.
TEST_P(SideBySide, AFailureOfOnePartEndsAll) {
  const MicroBatches micros(70, at::kCPU);
  EXPECT_THROW(RunSideBySide(micros,
                             [&](int64_t m, BatchMeeting* meeting) {
                               meeting->Meet({1});
                               if (m == 3) throw std::runtime_error("gone");
                               meeting->Meet({2});
                             }),
               std::runtime_error);
}

TEST(SideBySideAlone, OnePartNeedsNoMeeting) {
  RunSideBySide(MicroBatches(16, at::kCPU),
                [](int64_t m, BatchMeeting* meeting) {
                  EXPECT_EQ(m, 0);
                  EXPECT_EQ(meeting, nullptr);
                });
}

}  // namespace
}  // namespace edge_int8::train
