// The page that `serve` gives browsers. Tested by serve_program_test.cc.
#ifndef EDGE_INT8_SRC_RUN_LIVE_PAGE_H_
#define EDGE_INT8_SRC_RUN_LIVE_PAGE_H_

#include <filesystem>
#include <string>

namespace edge_int8 {

// The text of `file`, or, where that is empty, of the page that is installed
// with the program or built beside it; empty where there is none. Throws
// kBadInput for a file that can't be read.
std::string LivePage(const std::filesystem::path& file);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_LIVE_PAGE_H_
