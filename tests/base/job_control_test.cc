#include "src/base/job_control.h"

#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

JobControl Control(int rank = 0) {
  return {rank, {"node0", "node1", "node2"}, 10};
}

TEST(JobControl, NothingHappensWhileNobodyFails) {
  EXPECT_FALSE(Control().Verdict(100));
  EXPECT_FALSE(Control().Silent(100)) << "nobody was heard of yet";
}

TEST(JobControl, AFailureOfRank0DecidesAtOnce) {
  JobControl control = Control();
  control.Failed(0, {2, "no such flag"}, 5);
  const auto verdict = control.Verdict(5);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->code, 2);
  EXPECT_EQ(verdict->text, "no such flag") << "a mistake of all ranks";
}

TEST(JobControl, AnotherRanksFailureWaitsAMomentAndIsNamed) {
  JobControl control = Control();
  control.Failed(2, {3, "x.npy: is not there"}, 5);
  EXPECT_FALSE(control.Verdict(5.1));
  const auto verdict = control.Verdict(6);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->code, 3);
  EXPECT_EQ(verdict->text, "rank 2 of 3 on node2: x.npy: is not there");
}

TEST(JobControl, TheLowestRankSpeaksAndInterruptedOnesLast) {
  JobControl control = Control();
  control.Failed(0, {130, "interrupted"}, 5);
  control.Failed(2, {3, "second"}, 5.1);
  control.Failed(1, {3, "first"}, 5.2);
  EXPECT_EQ(control.Verdict(6)->text, "rank 1 of 3 on node1: first");
  JobControl interrupted = Control();
  interrupted.Failed(0, {130, "interrupted"}, 5);
  EXPECT_EQ(interrupted.Verdict(6)->code, 130);
}

TEST(JobControl, SilenceIsNoticedOneRankAfterTheOther) {
  JobControl control = Control();
  control.Heard(1, 0);
  control.Heard(2, 8);
  EXPECT_FALSE(control.Silent(9));
  EXPECT_EQ(control.Silent(11), 1);
  control.Heard(1, 12);
  EXPECT_EQ(control.Silent(19), 2);
  control.Excuse(19);
  EXPECT_FALSE(control.Silent(25));
  for (const int rank : {1, 2}) {
    JobControl other = Control(rank);
    other.Heard(0, 0);
    EXPECT_EQ(other.Silent(11).has_value(), rank == 1) << rank;
    EXPECT_EQ(other.Silent(13), 0) << rank;
  }
}

}  // namespace
}  // namespace edge_int8
