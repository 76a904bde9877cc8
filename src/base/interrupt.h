// Ctrl-C as a flag that long loops look at, so that work ends between steps
// and keeps what is finished. A second Ctrl-C ends the program at once. Tested
// by interrupt_test.cc.
#ifndef EDGE_INT8_SRC_BASE_INTERRUPT_H_
#define EDGE_INT8_SRC_BASE_INTERRUPT_H_

namespace edge_int8 {

// Installs the handler for SIGINT, SIGTERM and SIGHUP; main() calls it once.
void WatchForInterrupt();
bool Interrupted();
// Throws Error kInterrupted if the flag is set.
void ThrowIfInterrupted();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_INTERRUPT_H_
