// edge-int8-train, the program that links LibTorch so that this one need not:
// where it is, and running it. Tested by trainer_process_test.cc.
#ifndef EDGE_INT8_SRC_RUN_TRAINER_PROCESS_H_
#define EDGE_INT8_SRC_RUN_TRAINER_PROCESS_H_

#include <filesystem>
#include <string>
#include <vector>

namespace edge_int8 {

// Beside the running program.
std::filesystem::path TrainerPath();
bool HasTrainer();
// Throws kUsage naming the package when the trainer was not built.
void RequireTrainer();

// Runs `program` and waits for it. What it prints goes to stderr. Throws an
// Error of the kind that its exit code stands for when it fails; it has said
// why by then.
void RunAndWait(const std::filesystem::path& program,
                const std::vector<std::string>& arguments);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_TRAINER_PROCESS_H_
