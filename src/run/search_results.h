// What a search measured, as JSON (docs/search.md), tables and a picture.
// Tested by search_checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_RUN_SEARCH_RESULTS_H_
#define EDGE_INT8_SRC_RUN_SEARCH_RESULTS_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/pose/paired_bootstrap.h"
#include "src/quantize/search/bit_search.h"
#include "src/report/front_svg.h"

namespace edge_int8 {

// The chosen artifact on the test split.
struct SearchTestRow {
  Score fp32;
  Score chosen;
  Score mean_pose;
  Interval interval;  // of PCK at the deciding percent, chosen minus fp32
  int files = 0;
  std::filesystem::path artifact;
  std::string sha256;
};

struct SearchResults {
  std::string command;
  std::string date_utc;
  nlohmann::json host;
  nlohmann::json checkpoint;  // {path, sha256, variant, size_mib}
  bool synthetic = false;
  Metric metric;
  std::string split_id;
  SearchLimits limits;
  std::vector<BitUnit> units;
  // Of the validation windows that decided.
  int files = 0;
  Score fp32;
  Score mean_pose;
  std::vector<Interval> intervals;  // by plan: PCK minus fp32's
  SearchOutcome outcome;
  std::vector<int> front;
  std::optional<SearchTestRow> test;  // where a plan was chosen
  double seconds = 0;
};

nlohmann::json ToJson(const SearchResults& results);
// The front and, where there is one, the test row: what fits 80 columns, or
// every column.
std::string SearchTables(const SearchResults& results, bool wide = false);
FrontPicture ToPicture(const SearchResults& results);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_SEARCH_RESULTS_H_
