// What surrounds the content of every page: style, scripts and the policy that
// lets nothing else run. Tested by page_test.cc.
#ifndef EDGE_INT8_SRC_REPORT_PAGE_SHELL_H_
#define EDGE_INT8_SRC_REPORT_PAGE_SHELL_H_

#include <map>
#include <string>

namespace edge_int8 {

struct PageScripts {
  std::string elements;  // a <script>
  // A Content-Security-Policy: this script by its hash, data: images,
  // nothing from anywhere.
  std::string policy;
};
PageScripts AllScripts(bool wanted);

// "'sha256-...'" of a script or a style, for a policy that lists it.
std::string HashSource(const std::string& text);

std::string AllStyles();

// Replaces each {{slot}} of the template once; what is put in is not looked at
// again.
std::string FillTemplate(const std::string& text,
                         const std::map<std::string, std::string>& slots);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_PAGE_SHELL_H_
