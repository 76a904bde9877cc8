// The report of one or several runs as one HTML file that needs nothing else:
// style, scripts, charts and data are inside. Tested by page_test.cc
// and, in a browser, by tests/browser/.
#ifndef EDGE_INT8_SRC_REPORT_PAGE_H_
#define EDGE_INT8_SRC_REPORT_PAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "src/report/run_report.h"

namespace edge_int8 {

// What a page may weigh. Poses and CSI of the player are cut until it fits.
inline constexpr std::size_t kMostPageBytes = 3'000'000;

struct PageOptions {
  std::string command;  // that writes this page again
  std::string program;  // "edge-int8 0.1.0 (commit)"
  bool scripts = true;  // false: nothing runs in it, so no player
};

std::string RenderPage(const std::vector<RunReport>& runs,
                       const PageOptions& options);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_PAGE_H_
