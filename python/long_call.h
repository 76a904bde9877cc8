// Work that takes long, as Python expects it: without the GIL, ended by Ctrl-C,
// its notes as warnings. Tested by tests/python/test_long_calls.py.
#ifndef EDGE_INT8_PYTHON_LONG_CALL_H_
#define EDGE_INT8_PYTHON_LONG_CALL_H_

#include <nanobind/nanobind.h>

#include <csignal>
#include <string_view>

namespace edge_int8::python {

// Notes of the workbench, kept until the GIL is held again.
void CollectNotes();
void CollectNote(std::string_view text);

// While it lives in Python's main thread, SIGINT sets the flag that loops of
// the workbench look at. In other threads nothing changes: Python hands signals
// to the main one.
class CatchInterrupts {
 public:
  CatchInterrupts();
  ~CatchInterrupts();
  CatchInterrupts(const CatchInterrupts&) = delete;
  CatchInterrupts& operator=(const CatchInterrupts&) = delete;

  // With the GIL: gives collected notes to warnings.warn, and what was caught
  // to Python's own handler, which raises KeyboardInterrupt unless somebody
  // replaced it.
  void Settle();

 private:
  struct sigaction before_ {};
  bool caught_here_ = false;
};

// Returns body(), which must not touch Python.
template <typename Body>
auto LongCall(const Body& body) {
  CatchInterrupts interrupts;
  const auto run = [&] {
    const nanobind::gil_scoped_release release;
    return body();
  };
  try {
    auto result = run();
    interrupts.Settle();
    return result;
  } catch (...) {
    // A Python exception of this takes the place of "interrupted".
    interrupts.Settle();
    throw;
  }
}

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_LONG_CALL_H_
