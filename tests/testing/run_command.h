// Runs a shell command and keeps what it said.
#ifndef EDGE_INT8_TESTS_TESTING_RUN_COMMAND_H_
#define EDGE_INT8_TESTS_TESTING_RUN_COMMAND_H_

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/testing/temp_folder.h"

namespace edge_int8 {

struct CommandResult {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

inline CommandResult RunCommand(const std::string& command) {
  const TempFolder folder;
  const std::string log = (folder / "log").string();
  const int status = std::system(
      ("{ " + command + "; } >'" + log + "' 2>&1 </dev/null").c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadText(log)};
}

inline bool HaveCommand(const std::string& name) {
  return RunCommand("command -v " + name).exit_code == 0;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_RUN_COMMAND_H_
