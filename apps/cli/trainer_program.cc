#include "apps/cli/trainer_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/run/trainer_process.h"

namespace edge_int8 {

void RunTrainer(const std::vector<std::string>& arguments) {
  RequireTrainer();
  const std::filesystem::path program = TrainerPath();
  std::vector<std::string> owned = {program.string()};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : owned) argv.push_back(text.data());
  argv.push_back(nullptr);
  ThrowIfInterrupted();  // what was seen would be forgotten
  execv(program.c_str(), argv.data());
  throw Error(ErrorKind::kInternal,
              fmt::format("{} could not be started: {}", program.string(),
                          std::strerror(errno)));
}

}  // namespace edge_int8
