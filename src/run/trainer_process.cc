#include "src/run/trainer_process.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/base/error.h"
#include "src/base/interrupt.h"

namespace edge_int8 {
namespace {

ErrorKind KindOf(int exit_code) {
  for (const ErrorKind kind : {ErrorKind::kGate, ErrorKind::kUsage,
                               ErrorKind::kBadInput, ErrorKind::kInterrupted}) {
    if (static_cast<int>(kind) == exit_code) return kind;
  }
  return ErrorKind::kInternal;
}

int WaitFor(pid_t child) {
  const PassInterruptsOn pass(child);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      throw Error(ErrorKind::kInternal, "the trainer was lost");
    }
  }
  return status;
}

}  // namespace

std::filesystem::path TrainerPath() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() /
         "edge-int8-train";
}

bool HasTrainer() {
  std::error_code ignored;
  return std::filesystem::exists(TrainerPath(), ignored);
}

void RequireTrainer() {
  if (HasTrainer()) return;
  FailUsage(fmt::format(
      "training needs {}, which is built where LibTorch is found: install "
      "libtorch-dev (or point CMAKE_PREFIX_PATH at a LibTorch) and build "
      "again",
      TrainerPath().string()));
}

void RunAndWait(const std::filesystem::path& program,
                const std::vector<std::string>& arguments) {
  std::vector<std::string> owned = {program.string()};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : owned) argv.push_back(text.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr,
                                 argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    throw Error(ErrorKind::kInternal,
                fmt::format("{} could not be started: {}", program.string(),
                            std::strerror(failed)));
  }
  const int status = WaitFor(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const std::string name = program.filename().string();
  if (WIFEXITED(status)) {
    throw Error(
        KindOf(WEXITSTATUS(status)),
        fmt::format("{} ended with exit code {}", name, WEXITSTATUS(status)));
  }
  throw Error(ErrorKind::kInternal,
              fmt::format("{} was ended by signal {}", name, WTERMSIG(status)));
}

}  // namespace edge_int8
