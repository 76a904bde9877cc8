#include "src/base/interrupt.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSameSignal{500};

std::atomic<bool> interrupted = false;
std::atomic<pid_t> child = 0;

// By default, so that whoever waits for this process sees which signal it was.
void EndBy(int number, const sigset_t& signals) {
  std::signal(number, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  std::raise(number);
}

[[noreturn]] void Watch(sigset_t signals) {
  Clock::time_point first;
  while (true) {
    siginfo_t info = {};
    const int number = sigwaitinfo(&signals, &info);
    if (number < 0) continue;  // something else woke it up
    const pid_t other = child;
    if (other != 0 && info.si_code == SI_USER) kill(other, number);
    if (!interrupted) {
      first = Clock::now();
      interrupted = true;
    } else if (Clock::now() - first > kSameSignal) {
      EndBy(number, signals);
    }
  }
}

bool Ignored(int number) {
  struct sigaction now {};
  sigaction(number, nullptr, &now);
  return now.sa_handler == SIG_IGN;
}

}  // namespace

void WatchForInterrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (!Ignored(SIGHUP)) sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(Watch, signals).detach();
}

bool Interrupted() { return interrupted; }

void ThrowIfInterrupted() {
  if (Interrupted()) throw Error(ErrorKind::kInterrupted, "interrupted");
}

PassInterruptsOn::PassInterruptsOn(pid_t to) {
  child = to;
  if (Interrupted()) kill(to, SIGTERM);  // before there was a child
}
PassInterruptsOn::~PassInterruptsOn() { child = 0; }

}  // namespace edge_int8
