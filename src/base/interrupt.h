// Ctrl-C as a flag that long loops look at, so that work ends between steps
// and keeps what is finished. A second Ctrl-C ends the program at once. Tested
// by interrupt_test.cc.
//
// A thread of its own waits for the signals, which are blocked in all that
// start after it: a handler would run on the stack of whatever it interrupts,
// and products that other libraries compile at run time use the stack pointer
// as a register. The main thread is only woken from what it waits for, on a
// stack made for that.
#ifndef EDGE_INT8_SRC_BASE_INTERRUPT_H_
#define EDGE_INT8_SRC_BASE_INTERRUPT_H_

#include <sys/types.h>

namespace edge_int8 {

// From here on SIGINT, SIGTERM and SIGHUP (unless it is ignored, as nohup does)
// set the flag; main() calls it once, before it starts any thread. A signal
// within half a second of the first is the same one: `timeout` sends it to the
// process and to its group.
void WatchForInterrupt();
bool Interrupted();
// As a signal does, from another thread: the job of this process ends.
void RequestInterrupt();
// For a program with handlers of its own: what WatchForInterrupt does at a
// signal, and back. Async-signal-safe.
void SetInterrupted(bool now);
// Throws Error kInterrupted if the flag is set.
void ThrowIfInterrupted();

// While it lives, signals that were sent to this process alone go on to
// `child`; those of a terminal reach both anyway.
class PassInterruptsOn {
 public:
  explicit PassInterruptsOn(pid_t child);
  ~PassInterruptsOn();
  PassInterruptsOn(const PassInterruptsOn&) = delete;
  PassInterruptsOn& operator=(const PassInterruptsOn&) = delete;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_INTERRUPT_H_
