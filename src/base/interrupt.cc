#include "src/base/interrupt.h"

#include <csignal>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void OnSignal(int number) {
  interrupted = 1;
  std::signal(number, SIG_DFL);  // The next one ends the program.
}

}  // namespace

void WatchForInterrupt() {
  // Without SA_RESTART, so that a read that waits ends too.
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return interrupted != 0; }

void ThrowIfInterrupted() {
  if (Interrupted()) throw Error(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace edge_int8
