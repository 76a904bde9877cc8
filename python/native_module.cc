// The native half of the Python module edge_int8: models as callables on NumPy
// arrays, and the functions behind the verbs (src/run). What users see of it is
// in edge_int8/__init__.py; docs/python.md shows it.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

#include "python/bindings.h"
#include "python/long_call.h"
#include "python/python_errors.h"
#include "src/base/parallel.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/version.h"

namespace nb = nanobind;

NB_MODULE(_native, module) {
  namespace ours = edge_int8::python;
  // What is alive when Python ends is its business.
  nb::set_leak_warnings(false);
  ours::TranslateErrors();
  ours::CollectNotes();
  ours::BindIntegerModel(module);
  ours::BindFloatModel(module);
  ours::BindVerbs(module);
  module.def(
      "version", [] { return std::string(edge_int8::VersionNumber()); },
      "Of the program and this module.");
  module.def(
      "set_threads",
      [](int threads) {
        if (threads < 0 || threads > 1024) {
          throw nb::value_error("threads must be 0 (all cores) to 1024");
        }
        edge_int8::SetThreads(threads);
      },
      nb::arg("threads"),
      "Threads of every call from now on; 0 means all cores. Results don't "
      "depend on it.");
  module.def(
      "set_max_arena",
      [](int64_t mebibytes) {
        if (mebibytes < 1 || mebibytes > (int64_t{1} << 24)) {
          throw nb::value_error("mebibytes must be 1 to 16777216");
        }
        edge_int8::SetMostArenaBytes(mebibytes << 20);
      },
      nb::arg("mebibytes"),
      "MiB of memory that one thread may need for an .ei8; 256 unless set.");
}
