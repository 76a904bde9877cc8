// Runs the edge-int8 program and keeps what it said.
#ifndef EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_
#define EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/testing/source_paths.h"
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

inline nlohmann::json ParseJson(const std::string& text) {
  return nlohmann::json::parse(text);
}

// Fixtures shared between projects; empty when they are not here.
inline std::filesystem::path SharedFixtures() {
  const std::filesystem::path folder =
      std::filesystem::path(kSourceDir) / "../shared/fixtures";
  return std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_CLI_RUN_PROGRAM_H_
