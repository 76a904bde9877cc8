#include "python/python_errors.h"

#include <nanobind/nanobind.h>

#include <string>

#include "src/base/error.h"

namespace nb = nanobind;

namespace edge_int8::python {
namespace {

const char* ClassName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "UsageError";
    case ErrorKind::kBadInput:
      return "InputError";
    case ErrorKind::kInternal:
      return "InternalError";
    case ErrorKind::kGate:
    case ErrorKind::kInterrupted:
      break;
  }
  return "Error";
}

// A message names the flag of the command line where this has an argument.
std::string InPython(std::string message) {
  const std::string flag = "--force";
  const std::size_t at = message.find(flag);
  if (at != std::string::npos) message.replace(at, flag.size(), "force=True");
  return message;
}

void Raise(const Error& error) {
  if (error.kind() == ErrorKind::kInterrupted) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    return;
  }
  const nb::object type =
      nb::module_::import_("edge_int8.errors").attr(ClassName(error.kind()));
  // File names may hold bytes that are not UTF-8.
  const std::string text = InPython(error.what());
  const nb::object message = nb::steal(PyUnicode_DecodeUTF8(
      text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
  PyErr_SetObject(type.ptr(), message.ptr());
}

}  // namespace

void TranslateErrors() {
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void*) {
        try {
          std::rethrow_exception(thrown);
        } catch (const Error& error) {
          Raise(error);
        }
      });
}

}  // namespace edge_int8::python
