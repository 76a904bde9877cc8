#include "src/base/job_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/job.h"
#include "src/base/output_file.h"

namespace edge_int8 {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kSilenceSeconds = 60;  // EDGE_INT8_WATCHDOG overrides it

double Now() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

double Silence() {
  const char* const asked = std::getenv("EDGE_INT8_WATCHDOG");
  const double value = asked == nullptr ? 0 : std::atof(asked);
  return value > 0 ? value : kSilenceSeconds;
}

}  // namespace

JobWatch::JobWatch(ControlLine& line, int rank, std::vector<std::string> hosts,
                   std::map<int, pid_t> processes)
    : line_(line),
      rank_(rank),
      size_(static_cast<int>(hosts.size())),
      silence_s_(Silence()),
      logic_(rank, std::move(hosts), silence_s_),
      processes_(std::move(processes)),
      thread_([this] { Watch(); }) {}

JobWatch::Ending JobWatch::Fail(int code, const std::string& text) {
  {
    const std::scoped_lock lock(mutex_);
    if (!own_failure_) own_failure_ = Ending{code, text};
  }
  const auto begin = Clock::now();
  while (Clock::now() - begin < seconds(10)) {
    if (const std::optional<Ending> decided = ending()) return *decided;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return {code, text};  // rank 0 is lost
}

std::optional<JobWatch::Ending> JobWatch::ending() const {
  const std::scoped_lock lock(mutex_);
  return ending_;
}

void JobWatch::Stop() {
  stop_ = true;
  thread_.join();
}

void JobWatch::Watch() {
  double next_beat = 0, last = Now();
  while (!stop_) {
    HearOthers();
    const double now = Now();
    // It was this process that was stopped: the others have not been silent.
    if (now - last > 1) logic_.Excuse(now);
    last = now;
    if (now >= next_beat) {
      Beat();
      next_beat = now + 0.5;
    }
    if (!ending()) Decide(now);
    EndIfLate(now);
    std::this_thread::sleep_for(milliseconds(ending() ? 2 : 20));
  }
}

void JobWatch::HearOthers() {
  while (const std::optional<ControlLine::Notice> notice = line_.Hear()) {
    switch (notice->kind) {
      case ControlLine::Kind::kBeat:
        logic_.Heard(notice->from, Now());
        break;
      case ControlLine::Kind::kFailure:
        logic_.Failed(notice->failed, notice->ending, Now());
        break;
      case ControlLine::Kind::kEnd:
        End(notice->ending);
        break;
    }
  }
}

// To rank 0, and from it to all.
void JobWatch::Beat() {
  for (int to = rank_ == 0 ? 1 : 0; to < (rank_ == 0 ? size_ : 1); ++to) {
    line_.Beat(to);
  }
}

void JobWatch::Decide(double now) {
  std::optional<Ending> own;
  {
    const std::scoped_lock lock(mutex_);
    own = own_failure_;
  }
  if (own && !told_) {
    told_ = true;
    ReportFailure(rank_, *own, now);
  }
  LookForLostProcesses(now);
  if (const std::optional<int> silent = logic_.Silent(now)) {
    const Ending lost = logic_.Described(
        *silent, {static_cast<int>(ErrorKind::kInternal),
                  fmt::format("has not been heard of for {:.0f} s: it was "
                              "stopped, or its machine is lost",
                              silence_s_)});
    // The silent one will not follow: the launcher ends it with us. Without
    // rank 0 there is nobody to tell.
    if (rank_ != 0) Abandon(Interrupted() ? Ending{lost.code, ""} : lost);
    TellAll(lost);
    End(lost);
    return;
  }
  if (rank_ != 0) return;
  if (const std::optional<Ending> verdict = logic_.Verdict(now)) {
    TellAll(*verdict);
    End(*verdict);
  }
}

void JobWatch::ReportFailure(int rank, const Ending& failure, double now) {
  if (rank_ == 0) {
    logic_.Failed(rank, failure, now);
  } else {
    line_.Tell(0, ControlLine::Kind::kFailure, rank, failure);
  }
}

// The launcher notices, too, and ends all; this is in time to say which one it
// was.
void JobWatch::LookForLostProcesses(double now) {
  for (auto& [rank, process] : processes_) {
    if (process == 0 || kill(process, 0) == 0 || errno != ESRCH) continue;
    process = 0;
    lost_ = true;
    ReportFailure(rank,
                  {static_cast<int>(ErrorKind::kInternal),
                   "its process is gone: it was killed, or crashed"},
                  now);
  }
}

void JobWatch::TellAll(const Ending& ending) {
  for (int to = 1; to < size_; ++to) {
    line_.Tell(to, ControlLine::Kind::kEnd, 0, ending);
  }
}

// The main thread goes back to main() as after Ctrl-C.
void JobWatch::End(const Ending& ending) {
  {
    const std::scoped_lock lock(mutex_);
    if (ending_) return;
    ending_ = ending;
  }
  ended_at_ = Now();
  RequestInterrupt();
}

// A main thread that has not come back in time is not waited for.
void JobWatch::EndIfLate(double now) {
  if (ended_at_ && now - *ended_at_ > 15) Abandon(*ending());
}

void JobWatch::Abandon(const Ending& ending) {
  RemoveTemporaries();
  if (!ending.text.empty()) {
    const std::string line = fmt::format("edge-int8: {}\n", ending.text);
    const ssize_t ignored =
        write(MessageDescriptor(), line.data(), line.size());
    static_cast<void>(ignored);
  }
  _exit(ending.code);
}

}  // namespace edge_int8
