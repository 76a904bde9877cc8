// The files of a run folder, by name: what `bench` writes and what `report`
// reads. Tested by run_files_test.cc.
#ifndef EDGE_INT8_SRC_RUN_RUN_FILES_H_
#define EDGE_INT8_SRC_RUN_RUN_FILES_H_

#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Every name that bench may write into its folder, report.html included.
std::vector<std::string> BenchFiles();

// A measurement or what was measured: BenchFiles() but the page, and the JSON
// files of other verbs that `report` reads beside them, latency-half.json.
bool IsRunFile(std::string_view name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_RUN_FILES_H_
