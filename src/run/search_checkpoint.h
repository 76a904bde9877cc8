// What `search` does: chooses bits per tensor by scoring plans on clean
// validation windows with the integer engine, then writes the chosen artifact
// and reports it, once, on the test split. Tested by search_checkpoint_test.cc.
//
// The test split's windows are first read after the choice is made.
#ifndef EDGE_INT8_SRC_RUN_SEARCH_CHECKPOINT_H_
#define EDGE_INT8_SRC_RUN_SEARCH_CHECKPOINT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/quantize/search/bit_search.h"
#include "src/run/search_results.h"

namespace edge_int8 {

struct SearchRequest {
  std::filesystem::path checkpoint;
  std::filesystem::path data;
  DatasetOptions dataset;
  NetworkOptions network = {};
  SearchLimits limits;  // at least one
  BitOptions bits;
  BitSearchOptions effort;
  int64_t windows = 1500;  // of the validation split, at most
  int calib_batches = 64;
  uint64_t seed = 42;
  std::filesystem::path out;       // the artifact
  std::filesystem::path front;     // JSON; empty: not written
  std::filesystem::path svg;       // empty: not written
  std::filesystem::path plan_out;  // empty: not written
  // Where the caller writes the results; checked with the others.
  std::filesystem::path json = {};
  bool resume = false;
  std::string command;  // as typed
  // Called after each plan that was measured; what it throws ends the search as
  // Ctrl-C does, with its journal kept.
  std::function<void()> after_plan;
  IfExists if_exists = IfExists::kFail;
};

// Writes the files asked for and returns what was measured. While it runs,
// `<out>.search` is its journal. Throws kGate when no plan meets the limits:
// at once where that is certain, else after everything but the artifact and
// its plan is written.
SearchResults SearchCheckpoint(const SearchRequest& request);

// "<out>.search"
std::filesystem::path SearchJournalPath(const std::filesystem::path& out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_SEARCH_CHECKPOINT_H_
