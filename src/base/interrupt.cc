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
  // A closed terminal; under nohup it stays ignored.
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool Interrupted() { return interrupted != 0; }

void ThrowIfInterrupted() {
  if (Interrupted()) throw Error(ErrorKind::kInterrupted, "interrupted");
}

}  // namespace edge_int8
