#include "src/capture/isolated_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "src/base/error.h"
#include "src/base/interrupt.h"

// Both reserve terabytes of addresses for themselves.
#if defined(__SANITIZE_ADDRESS__)
#define EDGE_INT8_UNLIMITED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EDGE_INT8_UNLIMITED 1
#endif
#endif

namespace edge_int8 {
namespace {

constexpr std::size_t kMostText = std::size_t{16} << 20;

void LimitMemory(int64_t most_memory) {
#ifndef EDGE_INT8_UNLIMITED
  // Beside what this process has mapped already.
  rlimit limit = {};
  int64_t pages = 0;
  if (FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  limit.rlim_cur = limit.rlim_max =
      static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE) + most_memory);
  setrlimit(RLIMIT_AS, &limit);
#else
  static_cast<void>(most_memory);
#endif
}

[[noreturn]] void Child(int out, int64_t most_memory,
                        const std::function<std::string()>& work) {
  for (const int signal :
       {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM, SIGINT}) {
    ::signal(signal, SIG_DFL);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_DUMPABLE, 0);  // A crash is an answer, not a core file.
  // Libraries print what they dislike.
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nothing >= 0) {
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
  }
  LimitMemory(most_memory);
  std::string text;
  try {
    text = work();
    text.insert(text.begin(), '0');
  } catch (const Error& error) {
    text = error.what();
    text.insert(text.begin(), static_cast<char>('0' + error.ExitCode()));
  } catch (const std::bad_alloc&) {
    _exit(3);
  }
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t put = write(out, text.data() + at, text.size() - at);
    if (put < 0 && errno != EINTR) _exit(4);
    if (put > 0) at += static_cast<std::size_t>(put);
  }
  _exit(0);
}

}  // namespace

std::string CallIsolated(const std::string& where, int64_t most_memory,
                         const std::function<std::string()>& work) {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC) == 0, "no pipe to a process");
  const pid_t child = fork();
  Check(child >= 0, "no process for a file's library");
  if (child == 0) {
    close(ends[0]);
    Child(ends[1], most_memory, work);
  }
  close(ends[1]);
  std::string text;
  char piece[65536];
  while (text.size() <= kMostText) {
    const ssize_t got = read(ends[0], piece, sizeof piece);
    if (got < 0 && errno == EINTR && !Interrupted()) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  close(ends[0]);
  if (text.size() > kMostText || Interrupted()) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (Interrupted()) {
    throw Error(ErrorKind::kInterrupted, "interrupted");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || text.empty() ||
      text.size() > kMostText) {
    FailInput(where,
              WIFEXITED(status) && WEXITSTATUS(status) == 3
                  ? "asks for more memory than a file of its size should need"
                  : "is damaged: the library that reads it failed");
  }
  const std::string rest = text.substr(1);
  if (text[0] != '0') throw Error(static_cast<ErrorKind>(text[0] - '0'), rest);
  return rest;
}

}  // namespace edge_int8
