// How each of our programs begins and ends, whatever it is given to stand on:
// closed descriptors, limits on threads and memory, a full disk behind stdout.
// Tested by start_test.cc.
#ifndef EDGE_INT8_SRC_BASE_PROGRAM_H_
#define EDGE_INT8_SRC_BASE_PROGRAM_H_

#include <functional>

#include "src/base/job.h"

namespace edge_int8 {

// Makes the process fit to run, runs `body`, and returns the exit code: the
// body's, or that of what it threw, which is said on stderr. main() is this
// call and nothing else. Under an MPI launcher it is one rank of a job as
// `start` says, and the exit code and the message are the job's.
int RunToExit(const std::function<int()>& body, const JobStart& start = {});

// Throws kInternal, naming the limit, unless this process may run `count`
// threads more. Some libraries wait for ever, or end the program, when one of
// theirs does not start; so it is asked before them.
void RequireThreads(int count);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_PROGRAM_H_
