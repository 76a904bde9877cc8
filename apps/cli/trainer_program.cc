#include "apps/cli/trainer_program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "src/base/error.h"

namespace edge_int8 {

void RunTrainer(const std::vector<std::string>& arguments) {
  const std::filesystem::path self =
      std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path program = self.parent_path() / "edge-int8-train";
  std::error_code ignored;
  if (!std::filesystem::exists(program, ignored)) {
    FailUsage(fmt::format(
        "training needs {}, which is built where LibTorch is found: install "
        "libtorch-dev (or point CMAKE_PREFIX_PATH at a LibTorch) and build "
        "again",
        program.string()));
  }
  std::vector<std::string> owned = {program.string()};
  owned.insert(owned.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& text : owned) argv.push_back(text.data());
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  throw Error(ErrorKind::kInternal,
              fmt::format("{} could not be started: {}", program.string(),
                          std::strerror(errno)));
}

}  // namespace edge_int8
