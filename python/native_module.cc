// The native half of the Python module edge_int8: models as callables on NumPy
// arrays, and the functions behind the verbs (src/run). What users see of it is
// in edge_int8/__init__.py; docs/python.md shows it.
#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <cstdint>
#include <string>

#include "python/bindings.h"
#include "python/long_call.h"
#include "python/python_errors.h"
#include "src/base/parallel.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/version.h"

namespace nb = nanobind;

namespace {

void RequireRange(const char* name, int64_t value, int64_t least,
                  int64_t most) {
  if (value >= least && value <= most) return;
  throw nb::value_error(
      fmt::format("{} must be {} to {}", name, least, most).c_str());
}

}  // namespace

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
        RequireRange("threads", threads, 0, edge_int8::kMostThreads);
        edge_int8::SetThreads(threads);
      },
      nb::arg("threads"),
      "Threads of every call from now on; 0 means all cores. Results don't "
      "depend on it.");
  module.def(
      "set_max_arena",
      [](int64_t mebibytes) {
        RequireRange("mebibytes", mebibytes, 1, edge_int8::kMostArenaMib);
        edge_int8::SetMostArenaBytes(mebibytes << 20);
      },
      nb::arg("mebibytes"),
      "MiB of memory that one thread may need for an .ei8; 256 unless set.");
}
