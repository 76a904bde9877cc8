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
pthread_t main_thread, watcher;

// Ends what the main thread waits for, a pipe that nobody writes; nothing else
// uses it here, and by default it does nothing.
constexpr int kWakeUp = SIGURG;
alignas(16) char wake_up_stack[64 * 1024];  // room for any processor's state

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
    const bool again = interrupted.exchange(true);
    if (!again) first = Clock::now();
    // After the flag, which PassInterruptsOn looks at after it set the child.
    const pid_t other = child;
    if (other != 0 && info.si_code != SI_KERNEL) kill(other, number);
    if (again && Clock::now() - first > kSameSignal) EndBy(number, signals);
    pthread_kill(main_thread, kWakeUp);
  }
}

// Of a thread that was there before the signals were blocked, as some libraries
// start theirs when they are loaded.
void PassToWatcher(int number) { pthread_kill(watcher, number); }
void WakeUp(int) {}

// On a stack of its own, whatever the interrupted one is.
void Handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;  // and not SA_RESTART: a wait ends
  sigaction(number, &action, nullptr);
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
  main_thread = pthread_self();
  stack_t stack = {};
  stack.ss_sp = wake_up_stack;
  stack.ss_size = sizeof wake_up_stack;
  sigaltstack(&stack, nullptr);
  Handle(kWakeUp, WakeUp);
  std::thread waiting(Watch, signals);
  watcher = waiting.native_handle();
  waiting.detach();
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (sigismember(&signals, number) == 1) Handle(number, PassToWatcher);
  }
}

bool Interrupted() { return interrupted; }

void RequestInterrupt() {
  interrupted = true;
  pthread_kill(main_thread, kWakeUp);
}
void SetInterrupted(bool now) { interrupted = now; }

void ThrowIfInterrupted() {
  if (Interrupted()) throw Error(ErrorKind::kInterrupted, "interrupted");
}

PassInterruptsOn::PassInterruptsOn(pid_t to) {
  child = to;
  if (Interrupted()) kill(to, SIGTERM);  // before there was a child
}
PassInterruptsOn::~PassInterruptsOn() { child = 0; }

}  // namespace edge_int8
