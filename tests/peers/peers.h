// Runs the peers of bench/peers in their own Python environment, which the
// first caller makes under the build folder.
#ifndef EDGE_INT8_TESTS_PEERS_PEERS_H_
#define EDGE_INT8_TESTS_PEERS_PEERS_H_

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/formats/npy_writer.h"
#include "tests/testing/run_command.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {

// The interpreter, or an empty path with the reason in *why.
inline std::string PeerPython(std::string* why) {
  const std::string script =
      (std::filesystem::path(kSourceDir) / "bench/peers/make_venv.sh").string();
  const CommandResult made =
      RunCommand("'" + script + "' '" EDGE_INT8_PEERS_FOLDER "'");
  if (made.exit_code != 0) {
    *why = made.output;
    return "";
  }
  return made.output.substr(0, made.output.find_last_not_of('\n') + 1);
}

// A function may not skip its caller's test, so this is a macro.
#define EDGE_INT8_NEED_PEERS(python)                          \
  std::string no_peers;                                       \
  const std::string python = PeerPython(&no_peers);           \
  if (python.empty()) {                                       \
    GTEST_SKIP() << "needs packages from PyPI: " << no_peers; \
  }                                                           \
  static_assert(true)

inline bool HavePeer(const std::string& python, const std::string& module) {
  return RunCommand("'" + python + "' -c 'import " + module + "'").exit_code ==
         0;
}

// Poses that `script` of bench/peers makes of windows of `shape`, [n, ...].
inline std::vector<float> PeerPoses(const std::string& python,
                                    const std::string& script,
                                    const std::string& model_bytes,
                                    const Shape& shape,
                                    const std::vector<float>& windows,
                                    const std::string& flags = "") {
  const TempFolder folder;
  folder.Write("model", model_bytes);
  folder.Write("x.npy", NpyBytes(shape, windows));
  const CommandResult ran = RunCommand(fmt::format(
      "'{}' '{}/bench/peers/{}' --model '{}' --input '{}' --output '{}' {}",
      python, std::string(kSourceDir), script, (folder / "model").string(),
      (folder / "x.npy").string(), (folder / "y.npy").string(), flags));
  EXPECT_EQ(ran.exit_code, 0) << ran.output;
  if (ran.exit_code != 0) return {};
  return ReadNpyTensor(folder / "y.npy").data;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_PEERS_PEERS_H_
