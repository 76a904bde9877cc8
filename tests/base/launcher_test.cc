#include "src/base/launcher.h"

#include <gtest/gtest.h>

#include <map>

namespace edge_int8 {
namespace {

Launch LaunchIn(const std::map<std::string, std::string>& environment) {
  return LaunchOf([&](const char* name) -> const char* {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  });
}

TEST(Launcher, AProgramStartedByHandIsOneRank) {
  const Launch launch = LaunchIn({{"PATH", "/bin"}});
  EXPECT_EQ(launch.launcher, "");
  EXPECT_EQ(launch.rank, 0);
  EXPECT_EQ(launch.size, 1);
}

TEST(Launcher, KnowsOpenMpiMpichAndSlurm) {
  const Launch open =
      LaunchIn({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "4"}});
  EXPECT_EQ(open.launcher, "mpirun");
  EXPECT_EQ(open.rank, 2);
  EXPECT_EQ(open.size, 4);
  const Launch mpich = LaunchIn({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}});
  EXPECT_EQ(mpich.launcher, "mpiexec");
  EXPECT_EQ(mpich.rank, 1);
  const Launch slurm = LaunchIn({{"SLURM_PROCID", "3"},
                                 {"SLURM_STEP_ID", "0"},
                                 {"SLURM_STEP_NUM_TASKS", "8"}});
  EXPECT_EQ(slurm.launcher, "srun");
  EXPECT_EQ(slurm.rank, 3);
  EXPECT_EQ(slurm.size, 8);
}

// It has SLURM_PROCID and SLURM_NTASKS, and is one process all the same.
TEST(Launcher, ABatchScriptIsNoRank) {
  EXPECT_EQ(LaunchIn({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}}).size, 1);
}

TEST(Launcher, NumbersThatMakeNoSenseCountAsAbsent) {
  for (const char* size : {"", "x", "-1", "0", "2x", "99999999999999"}) {
    EXPECT_EQ(LaunchIn({{"OMPI_COMM_WORLD_RANK", "0"},
                        {"OMPI_COMM_WORLD_SIZE", size}})
                  .size,
              1)
        << size;
  }
  EXPECT_EQ(LaunchIn({{"PMI_RANK", "5"}, {"PMI_SIZE", "2"}}).size, 1);
}

}  // namespace
}  // namespace edge_int8
