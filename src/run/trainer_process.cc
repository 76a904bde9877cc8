#include "src/run/trainer_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "src/base/error.h"
#include "src/base/interrupt.h"

namespace edge_int8 {
namespace {

constexpr int kNotStarted = 127;  // as a shell says it

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

// Its stdout is our stderr. It ends with us, however we end: nobody would read
// what a trainer of a killed `bench` goes on to write. SIGKILL, since any other
// signal is looked at between batches only; whatever it writes appears whole.
pid_t Start(const std::filesystem::path& program, char* const* argv) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) {
    throw Error(ErrorKind::kInternal,
                fmt::format("{} could not be started: {}", program.string(),
                            std::strerror(errno)));
  }
  if (child > 0) return child;
  // Only system calls from here on: other threads' locks are never released.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // It was too late already.
  dup2(STDERR_FILENO, STDOUT_FILENO);
  execv(program.c_str(), argv);
  _exit(kNotStarted);
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
      "training needs {}, which the package edge-int8-train holds, or which is "
      "built where LibTorch is found: install libtorch-dev (or point "
      "CMAKE_PREFIX_PATH at a LibTorch) and build again",
      TrainerPath().string()));
}

void RunAndWait(const std::filesystem::path& program,
                const std::vector<std::string>& arguments) {
  std::vector<std::string> owned = {program.string()};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : owned) argv.push_back(text.data());
  argv.push_back(nullptr);
  const pid_t child = Start(program, argv.data());
  const int status = WaitFor(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  const std::string name = program.filename().string();
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotStarted) {
    throw Error(ErrorKind::kInternal,
                fmt::format("{} could not be started", program.string()));
  }
  if (WIFEXITED(status)) {
    throw Error(
        KindOf(WEXITSTATUS(status)),
        fmt::format("{} ended with exit code {}", name, WEXITSTATUS(status)));
  }
  throw Error(ErrorKind::kInternal,
              fmt::format("{} was ended by signal {}", name, WTERMSIG(status)));
}

}  // namespace edge_int8
