// What `latency` measures: time per window of a model, and what share of this
// core's measured peak that is. Timings are not tested; measure_latency_test.cc
// checks the counts, the order of percentiles and the keys.
#ifndef EDGE_INT8_SRC_RUN_MEASURE_LATENCY_H_
#define EDGE_INT8_SRC_RUN_MEASURE_LATENCY_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/nets/network_options.h"

namespace edge_int8 {

struct LatencyOptions {
  std::filesystem::path model;
  NetworkOptions network = {};
  int threads = 1;  // each runs batches of its own at the same time
  int batch = 1;    // windows per timed call
  // The engine's name; for a .pth also one of FloatIsas(). Empty:
  // EDGE_INT8_ISA, which a .pth does not ask, or the best.
  std::string isa;
  double seconds = 2;     // of timed calls, after a tenth of it to warm up
  bool per_node = false;  // of an .ei8
  // Of an .ei8: time it from CSI floats to coordinates, as a .pth is.
  bool from_floats = false;
};

struct NodeLatency {
  std::string name;
  std::string kind;
  int64_t macs = 0;
  double microseconds = 0;  // mean per window
};

struct Latency {
  std::string isa;
  int threads = 1;
  int batch = 1;
  int64_t windows = 0;                        // timed
  double p50_ms = 0, p90_ms = 0, p99_ms = 0;  // per window
  double windows_per_s = 0;                   // of all threads
  // Of several threads: windows_per_s by what as many times one thread, timed
  // right after them, would do. 1 is perfect.
  std::optional<double> efficiency;
  double macs_per_s = 0;  // of all threads
  // Integer peak of all the threads' cores; absent for a float model.
  std::optional<double> peak_macs_per_s;
  std::optional<int64_t> arena_bytes;  // of one thread; absent for float
  std::vector<NodeLatency> nodes;
  // Of the timed threads' time, the share in which they had a processor.
  double cpu_share = 1;

  // Whether something else ran: the threads waited for a processor, or a tenth
  // of the windows took a quarter longer than half of them.
  bool noisy() const { return cpu_share < 0.95 || p90_ms > 1.25 * p50_ms; }
};

// An .ei8 is timed from input bytes to output integers unless `from_floats`, a
// .pth from floats to floats. Throws kBadInput, or kUsage for an instruction
// set that is not here.
Latency MeasureLatency(const LatencyOptions& options);

// isa, threads, batch, p50_ms, p90_ms, p99_ms, windows_per_s, efficiency,
// macs_per_s, peak_macs_per_s, share_of_peak, arena_bytes, cpu_share, noisy
// [, nodes]
nlohmann::json ToJson(const Latency& latency);
std::string LatencyTable(const Latency& latency);
// "the machine was noisy: ...": why the numbers may be too high.
std::string NoiseText(const Latency& latency);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_MEASURE_LATENCY_H_
