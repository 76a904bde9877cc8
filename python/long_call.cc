#include "python/long_call.h"

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "src/base/interrupt.h"
#include "src/base/notice.h"

namespace nb = nanobind;

namespace edge_int8::python {
namespace {

std::mutex notes_mutex;
std::vector<std::string> notes;

void Flag(int) { SetInterrupted(true); }

bool InMainThread() {
  const nb::module_ threading = nb::module_::import_("threading");
  return threading.attr("current_thread")().is(threading.attr("main_thread")());
}

void WarnOfNotes() {
  std::vector<std::string> said;
  {
    const std::scoped_lock lock(notes_mutex);
    said.swap(notes);
  }
  for (const std::string& note : said) {
    // Of the caller of the package's function that calls this one.
    if (PyErr_WarnEx(PyExc_UserWarning, note.c_str(), 2) != 0) {
      throw nb::python_error();
    }
  }
}

}  // namespace

void CollectNote(std::string_view text) {
  const std::scoped_lock lock(notes_mutex);
  notes.emplace_back(text);
}

void CollectNotes() { HearNotes(CollectNote); }

CatchInterrupts::CatchInterrupts() : caught_here_(InMainThread()) {
  if (!caught_here_) return;
  SetInterrupted(false);
  struct sigaction action {};
  action.sa_handler = Flag;
  sigaction(SIGINT, &action, &before_);
}

CatchInterrupts::~CatchInterrupts() {
  if (caught_here_) sigaction(SIGINT, &before_, nullptr);
}

void CatchInterrupts::Settle() {
  if (std::exchange(caught_here_, false)) {
    sigaction(SIGINT, &before_, nullptr);
    if (Interrupted()) {
      SetInterrupted(false);
      PyErr_SetInterrupt();
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
    }
  }
  WarnOfNotes();
}

}  // namespace edge_int8::python
