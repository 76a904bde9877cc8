#include "src/base/job.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/parallel.h"
#include "src/base/rank_share.h"

namespace edge_int8 {
namespace {

std::atomic<int> message_descriptor = STDERR_FILENO;
std::array<char, 32> message_prefix = {};

// Floats round alike where the same instructions run.
std::string Processor() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return fmt::format("x86-64 avx2 {} fma {} avx512f {} avx512vnni {}",
                     __builtin_cpu_supports("avx2") != 0,
                     __builtin_cpu_supports("fma") != 0,
                     __builtin_cpu_supports("avx512f") != 0,
                     __builtin_cpu_supports("avx512vnni") != 0);
#else
  return "one kind";
#endif
}

// Ranks of one machine that may run on the same cores share them; those that
// the launcher bound have theirs.
void ShareCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return;
  const auto mine = std::as_bytes(std::span(&cores, 1));
  const auto all = World().AllGather(mine);
  const std::string here = World().host(World().rank());
  int sharing = 0;
  for (int r = 0; r < World().size(); ++r) {
    const bool same =
        std::ranges::equal(all[static_cast<std::size_t>(r)], mine);
    sharing += int{same && World().host(r) == here};
  }
  SetDefaultThreads(std::max(1, CPU_COUNT(&cores) / std::max(1, sharing)));
}

}  // namespace

void QuietOtherRanks(const Launch& launch) {
  if (launch.rank == 0) return;
  fmt::format_to_n(message_prefix.data(), message_prefix.size() - 1,
                   "rank {}: ", launch.rank);
  message_descriptor = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

void JoinJob(const JobStart& start, const Launch& launch) {
  if (!start.communicator || launch.size == 1) return;
  SetWorld(start.communicator(launch));
  RequireSameOnAllRanks("the version of edge-int8", start.version);
  RequireSameOnAllRanks("the command line", start.command);
  RequireSameOnAllRanks("the processor", Processor());
  ShareCores();
}

int MessageDescriptor() { return message_descriptor; }
const char* MessagePrefix() { return message_prefix.data(); }

}  // namespace edge_int8
