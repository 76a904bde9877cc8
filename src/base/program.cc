#include "src/base/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/mapped_file.h"
#include "src/base/output_file.h"
#include "src/base/utf8.h"

namespace edge_int8 {
namespace {

// A file opened where 0, 1 or 2 is closed, as daemons and cron may leave them,
// would get their number, and progress would be written into it. What goes to
// a descriptor that was closed goes nowhere.
void OpenStandardDescriptors() {
  for (int descriptor = 0; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest that is free: those below are open by now.
    if (open("/dev/null", O_RDWR) != descriptor) _exit(4);
  }
}

// A message quotes files and flags, which may hold what a terminal obeys; its
// lines are its own.
std::string Shown(const std::string& message) {
  std::string shown;
  for (std::size_t at = 0;;) {
    const std::size_t end = message.find('\n', at);
    shown += VisibleText(std::string_view(message).substr(at, end - at));
    if (end == std::string::npos) return shown;
    shown += '\n';
    at = end + 1;
  }
}

// Of a rank in a job: says to the others what this one ends with, and says on
// rank 0 what all do.
Communicator::Ending EndingOf(int code, const std::string& message) {
  return Job() == nullptr ? Communicator::Ending{code, message}
                          : Job()->Fail(code, message);
}

int Report(ErrorKind kind, const std::string& message) {
  const Communicator::Ending end =
      EndingOf(static_cast<int>(kind), Shown(message));
  // Not by fmt, which throws when stderr is gone with its terminal.
  if (!end.text.empty()) {
    std::fprintf(stderr, "edge-int8: %s\n", end.text.c_str());
  }
  return end.code;
}

// What was thrown where nobody can catch it: in a thread of a library, or
// while another exception was under way.
[[noreturn]] void EndOnTerminate() {
  int code = static_cast<int>(ErrorKind::kInternal);
  try {
    if (std::current_exception() != nullptr) throw;
    std::fputs("edge-int8: internal error: terminated\n", stderr);
  } catch (const Error& error) {
    code = Report(error.kind(), error.what());
  } catch (const std::exception& error) {
    Report(ErrorKind::kInternal,
           fmt::format("internal error: {}", error.what()));
  } catch (...) {
    Report(ErrorKind::kInternal, "internal error: an unknown exception");
  }
  RemoveTemporaries();
  _exit(code);
}

int RunBody(const std::function<int()>& body) {
  const int code = body();
  // A full disk behind stdout must not look like success.
  if (std::fflush(stdout) != 0) {
    return Report(ErrorKind::kBadInput, "stdout could not be written");
  }
  // What is wrong was said, by rank 0.
  return code == 0 ? 0 : EndingOf(code, "").code;
}

[[noreturn]] void FailThreads(std::size_t started, int count,
                              std::string_view why) {
  throw Error(ErrorKind::kInternal,
              fmt::format("only {} of {} threads could be started ({}): the "
                          "limit on processes or memory is too low, see ulimit "
                          "-u and -v; --threads 1 asks for the fewest",
                          started, count, why));
}

void StartWatching() {
  try {
    WatchForInterrupt();
  } catch (const std::system_error& error) {
    FailThreads(0, 1, error.what());
  }
}

// Waits for the job's other ranks; one of them may fail still.
int LeaveJob(int code) {
  if (Job() == nullptr) return code;
  const bool known = Job()->ending().has_value();
  Job()->Leave();
  const std::optional<Communicator::Ending> end = Job()->ending();
  if (!end) return code;
  if (!known && !end->text.empty()) {
    std::fprintf(stderr, "edge-int8: %s\n", end->text.c_str());
  }
  return end->code;
}

int RunRank(const std::function<int()>& body, const JobStart& start,
            const Launch& launch) {
  try {
    EndOnLostMappings();
    StartWatching();
    JoinJob(start, launch);
    return RunBody(body);
  } catch (const Error& error) {
    return Report(error.kind(), error.what());
  } catch (const std::system_error& error) {
    // What fmt throws when stdout can't be written.
    return Report(ErrorKind::kBadInput, error.what());
  } catch (const std::bad_alloc&) {
    return Report(ErrorKind::kInternal, "out of memory");
  } catch (const std::exception& error) {
    return Report(ErrorKind::kInternal,
                  fmt::format("internal error: {}", error.what()));
  }
}

}  // namespace

void RequireThreads(int count) {
  std::mutex mutex;
  std::condition_variable asked;
  bool done = false;
  std::vector<std::thread> threads;
  std::string refused;
  try {
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&] {
        std::unique_lock lock(mutex);
        asked.wait(lock, [&] { return done; });
      });
    }
  } catch (const std::exception& error) {
    refused = error.what();
  }
  {
    const std::scoped_lock lock(mutex);
    done = true;
  }
  asked.notify_all();
  for (std::thread& thread : threads) thread.join();
  if (!refused.empty()) FailThreads(threads.size(), count, refused);
}

int RunToExit(const std::function<int()>& body, const JobStart& start) {
  OpenStandardDescriptors();
  const Launch launch = CurrentLaunch();
  QuietOtherRanks(launch);
  std::set_terminate(EndOnTerminate);
  // A file size limit is an error to report, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  return LeaveJob(RunRank(body, start, launch));
}

}  // namespace edge_int8
