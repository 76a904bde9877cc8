// Starts edge-int8-train. Tested by cli_test.cc.
#ifndef EDGE_INT8_APPS_CLI_TRAINER_PROGRAM_H_
#define EDGE_INT8_APPS_CLI_TRAINER_PROGRAM_H_

#include <string>
#include <vector>

namespace edge_int8 {

// Replaces this process by edge-int8-train from the folder of this program, so
// its exit code and signals are ours. Throws kUsage naming the package when it
// was not built.
[[noreturn]] void RunTrainer(const std::vector<std::string>& arguments);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_TRAINER_PROGRAM_H_
