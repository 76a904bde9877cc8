// Runs the edge-int8 program and keeps what it said.
#ifndef EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_
#define EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {

struct ProgramResult {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// `environment` is put before the command, "EDGE_INT8_ISA=scalar". Arguments
// must not hold a single quote.
inline ProgramResult RunProgram(const std::vector<std::string>& arguments,
                                const std::string& environment = "") {
  const TempFolder folder;
  std::string command = environment + " '" EDGE_INT8_PROGRAM "'";
  for (const std::string& argument : arguments) {
    command += " '" + argument + "'";
  }
  command += " >'" + (folder / "out").string() + "' 2>'" +
             (folder / "err").string() + "' </dev/null";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          ReadText(folder / "out"), ReadText(folder / "err")};
}

// What a command that is refused as misused said.
inline std::string UsageError(const std::vector<std::string>& arguments) {
  const ProgramResult result = RunProgram(arguments);
  EXPECT_EQ(result.exit_code, 2) << result.out;
  return result.err;
}

// Beside the program, which is where it looks.
inline bool TrainerIsBuilt() {
  return std::filesystem::exists(
      std::filesystem::path(EDGE_INT8_PROGRAM).parent_path() /
      "edge-int8-train");
}

inline nlohmann::json ParseJson(const std::string& text) {
  return nlohmann::json::parse(text);
}

// Tests on the fixtures, skipped where they are not.
class OnFixtures : public testing::Test {
 protected:
  void SetUp() override { EDGE_INT8_NEED_FIXTURES(); }
  static std::string Path(const std::string& name) { return Fixtures() / name; }
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_
