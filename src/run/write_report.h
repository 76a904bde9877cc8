// `report`: run folders to one HTML page and static pictures. Tested by
// write_report_test.cc.
#ifndef EDGE_INT8_SRC_RUN_WRITE_REPORT_H_
#define EDGE_INT8_SRC_RUN_WRITE_REPORT_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "src/base/output_file.h"

namespace edge_int8 {

struct ReportOptions {
  std::vector<std::filesystem::path> runs;
  std::filesystem::path out;  // the page; empty: no page
  std::filesystem::path svg;  // folder of pictures; empty: none
  // Where the caller says what was written; checked with the others.
  std::filesystem::path json = {};
  bool scripts = true;  // false: nothing runs in the page
  std::string command;  // that does this again
  IfExists if_exists = IfExists::kFail;
};

struct WrittenReport {
  std::size_t page_bytes = 0;
  std::vector<std::filesystem::path> pictures;
};

// Reads every run before it writes anything. Throws kBadInput for a folder that
// is no run, kUsage for an output that exists.
WrittenReport WriteReport(const ReportOptions& options);

// The command that writes the page of these runs again.
std::string ReportCommand(const ReportOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_WRITE_REPORT_H_
