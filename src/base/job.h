// A program as one rank of a job (communicator.h): how it joins, who speaks,
// how it ends. Used by program.cc and nothing else. Tested by tests/ranks.
//
// Only rank 0 speaks and writes. The stdout and stderr of the others are closed
// from the start, before anything is read; what one of them has to say goes
// through rank 0, or to the stderr it had when there is no rank 0 any more.
#ifndef EDGE_INT8_SRC_BASE_JOB_H_
#define EDGE_INT8_SRC_BASE_JOB_H_

#include <functional>
#include <memory>
#include <string>

#include "src/base/communicator.h"
#include "src/base/launcher.h"

namespace edge_int8 {

// What a program brings along to be a rank; a default one never is.
struct JobStart {
  std::function<std::unique_ptr<Communicator>(const Launch&)> communicator;
  std::string version;  // must be the same on all ranks,
  std::string command;  // and so must the arguments
};

// To /dev/null with what other ranks than 0 print.
void QuietOtherRanks(const Launch& launch);

// If a launcher started several ranks: connects them, requires the same
// program, arguments and kind of processor of all, and shares the machine's
// cores out where the launcher bound none.
void JoinJob(const JobStart& start, const Launch& launch);

// Where a message of this process is read, and what comes before it: "" or
// "rank 2: ". Async-signal-safe.
int MessageDescriptor();
const char* MessagePrefix();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_JOB_H_
