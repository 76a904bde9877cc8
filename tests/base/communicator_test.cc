#include "src/base/communicator.h"

#include <gtest/gtest.h>

#include "src/base/rank_share.h"
#include "src/base/task_farm.h"
#include "tests/testing/rank_of_two.h"

namespace edge_int8 {
namespace {

TEST(Communicator, OneProcessIsAJobOfOneRank) {
  EXPECT_EQ(World().rank(), 0);
  EXPECT_EQ(World().size(), 1);
  EXPECT_TRUE(IsRoot());
  World().Barrier();
  std::vector<std::byte> bytes(3, std::byte{7});
  World().Broadcast(bytes);
  EXPECT_EQ(World().AllGather(bytes).at(0), bytes);
  EXPECT_FALSE(World().Poll());
}

TEST(Communicator, AloneEndsWhereItsBlockEnds) {
  const RankOfTwo job(1);
  ASSERT_EQ(World().size(), 2);
  {
    const Alone alone;
    EXPECT_EQ(World().size(), 1);
    {
      const Alone again;
      EXPECT_EQ(World().size(), 1);
    }
    EXPECT_EQ(World().size(), 1);
    EXPECT_FALSE(IsRoot()) << "the job's outputs are rank 0's still";
  }
  EXPECT_EQ(World().size(), 2);
  EXPECT_EQ(&World(), Job());
}

// By one process, the tasks run when they are asked for.
TEST(TaskFarm, OneProcessWorksByItself) {
  std::vector<std::string> begun, finished;
  TaskFarm farm(
      [&](const std::string& task) {
        begun.push_back(task);
        return task + "!";
      },
      [&](const std::string&, const std::string& result) {
        finished.push_back(result);
      });
  farm.Expect({"a", "b", "c"});
  EXPECT_TRUE(begun.empty());
  farm.Finish("b");
  farm.Finish("a");
  farm.Close();
  EXPECT_EQ(begun, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(finished, (std::vector<std::string>{"b!", "a!"}));
}

}  // namespace
}  // namespace edge_int8
