// The four commands of docs/tutorial-esp32.md, as they stand there, on a
// generated capture: the integers beat the constant answer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "tests/cli/run_program.h"
#include "tests/docs/doc_commands.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

constexpr int kSeconds = 180;
constexpr int kRate = 50;
constexpr int64_t kEpoch = 1786700000;

// Where a person stands; both files show it.
double Aside(double t) {
  return std::sin(0.9 * t) + 0.4 * std::sin(0.37 * t + 1);
}
double Ahead(double t) { return std::sin(0.7 * t); }

// 64 subcarriers of an ESP32 with guards in the middle, any phase.
void WriteCapture(const std::filesystem::path& path) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise(0, 0.8);
  std::uniform_real_distribution<double> turn(0, 6.28);
  std::ofstream out(path);
  for (int p = 0; p < kSeconds * kRate; ++p) {
    const double t = static_cast<double>(p) / kRate;
    out << fmt::format(
        "{:.6f} CSI_DATA,{},02:00:00:00:00:01,-43,11,1,5,0,1,1,0,1,0,0,-95,0,"
        "11,0,{},0,83,0,128,1,\"[83,-80,4,0",
        static_cast<double>(kEpoch) + t, p, p * 1000000LL / kRate);
    for (int k = 2; k < 64; ++k) {
      const bool guard = k >= 28 && k < 36;
      const double size = 30 + 12 * std::sin(0.2 * k + 1.3 * Aside(t)) +
                          8 * std::cos(0.11 * k - 1.1 * Ahead(t)) +
                          noise(random);
      const double phase = turn(random);
      out << fmt::format(",{},{}",
                         guard ? 0 : std::lround(size * std::sin(phase)),
                         guard ? 0 : std::lround(size * std::cos(phase)));
    }
    out << "]\"\n";
  }
}

void WriteCamera(const std::filesystem::path& path) {
  std::ofstream out(path);
  out << "host_epoch,head_x,head_y,head_confidence,feet_x,feet_y,"
         "feet_confidence\n";
  for (int i = 0; i < kSeconds * 10; ++i) {
    const double t = i / 10.0;
    out << fmt::format("{:.3f},{:.2f},{:.2f},{},{:.2f},{:.2f},0.9\n",
                       static_cast<double>(kEpoch) + t, 320 + 100 * Aside(t),
                       110 + 20 * Ahead(t), i % 31 == 7 ? 0.1 : 0.9,
                       322 + 90 * Aside(t), 410 + 10 * Ahead(t));
  }
}

TEST(Tutorial, FourCommandsGoFromACaptureToAScoredIntegerNetwork) {
  const std::filesystem::path trainer =
      std::filesystem::path(EDGE_INT8_PROGRAM).parent_path() /
      "edge-int8-train";
  if (!std::filesystem::exists(trainer)) GTEST_SKIP() << "no trainer was built";
  const TempFolder folder;
  WriteCapture(folder / "csi.csv");
  WriteCamera(folder / "camera.csv");
  const std::vector<DocCommand> commands =
      BlockCommands(kSourceDir + "/docs/tutorial-esp32.md");
  ASSERT_EQ(commands.size(), 4u);
  for (const DocCommand& command : commands) {
    std::string line =
        "cd '" + folder.path().string() + "' && '" + EDGE_INT8_PROGRAM "'";
    for (const std::string& word : command.words) line += " " + word;
    if (command.words[0] == "evaluate") line += " --json score.json";
    const std::string log = (folder / "log").string();
    const int status = std::system((line + " >'" + log + "' 2>&1").c_str());
    ASSERT_EQ(WEXITSTATUS(status), 0) << line << "\n" << ReadText(log);
  }
  const auto score = nlohmann::json::parse(ReadText(folder / "score.json"));
  EXPECT_LT(score["score"]["mpjpe"].get<double>(),
            0.7 * score["baseline_mean_pose"]["mpjpe"].get<double>());
}

}  // namespace
}  // namespace edge_int8
