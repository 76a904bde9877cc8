// Work of a large library on a stranger's file, in a process of its own: what
// ends or fills that process is an error about the file and nothing worse.
// Tested by isolated_call_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_ISOLATED_CALL_H_
#define EDGE_INT8_SRC_CAPTURE_ISOLATED_CALL_H_

#include <cstdint>
#include <functional>
#include <string>

namespace edge_int8 {

// The text that `work` returns in a child process, or the Error that it throws
// there. Where the child dies, takes more than `most_memory` bytes or says more
// than 16 MiB: kBadInput of `where`. Files that `work` writes stay.
std::string CallIsolated(const std::string& where, int64_t most_memory,
                         const std::function<std::string()>& work);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_ISOLATED_CALL_H_
