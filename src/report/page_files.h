// The files of src/report/page, as they were when this program was built.
#ifndef EDGE_INT8_SRC_REPORT_PAGE_FILES_H_
#define EDGE_INT8_SRC_REPORT_PAGE_FILES_H_

#include <map>
#include <string>

namespace edge_int8 {

// By file name: page.html, page.css, charts.js.
const std::map<std::string, std::string>& PageFiles();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_PAGE_FILES_H_
