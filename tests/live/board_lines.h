// What an ESP32 with esp-csi's receiver prints, made up, and a small model for
// it: 64 subcarriers, windows of ten steps.
#ifndef EDGE_INT8_TESTS_LIVE_BOARD_LINES_H_
#define EDGE_INT8_TESTS_LIVE_BOARD_LINES_H_

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "src/base/random.h"
#include "src/eval/predictor.h"
#include "src/graph/model.h"
#include "src/live/live_packets.h"
#include "src/qgraph/artifact_file.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {

inline constexpr int kBoardSubcarriers = 64;
inline constexpr int kBoardFrames = 10;

// One packet's line, with its end.
inline std::string BoardLine(int64_t microseconds, uint64_t seed,
                             int subcarriers = kBoardSubcarriers) {
  Rng rng = Rng(9).Fork(seed);
  std::string values;
  for (int i = 0; i < 2 * subcarriers; ++i) {
    const auto place = static_cast<double>(static_cast<uint64_t>(i) + 3 * seed);
    const double wave = 40 * std::sin(0.1 * place);
    values += fmt::format("{}{}", i == 0 ? "" : ",",
                          static_cast<int>(wave + 10 * rng.Uniform(-1, 1)));
  }
  return fmt::format(
      "CSI_DATA,{},02:00:00:00:00:0a,-43,11,1,5,0,1,1,0,1,0,0,-95,0,11,0,{},0,"
      "83,0,{},0,\"[{}]\"\n",
      seed, static_cast<uint32_t>(microseconds), 2 * subcarriers, values);
}

// `count` packets, 100 a second and up to 3 ms off, some lost.
inline std::vector<std::string> BoardLines(int count) {
  std::vector<std::string> lines;
  Rng rng(4);
  for (int i = 0; i < count; ++i) {
    const auto off = static_cast<int64_t>(rng.Uniform(-3000, 3000));
    if (i % 13 == 7) continue;
    lines.push_back(BoardLine(5'000'000 + i * 10'000 + (i == 0 ? 0 : off),
                              static_cast<uint64_t>(i)));
  }
  return lines;
}

inline std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// in [rows][1][frames] -> conv -> SiLU -> conv -> mean over time -> [3][2]
inline Model BoardModel(int rows = kBoardSubcarriers) {
  GraphBuilder graph("board", {rows, 1, kBoardFrames});
  TensorId x = graph.AppendConv(
      "first", {.out_channels = 8, .kernel_w = 3, .pad_left = 2}, 0, true,
      false);
  x = graph.Append("first.silu", Silu(), {x});
  x = graph.AppendConv("second", {.out_channels = 6}, x, true, false);
  x = graph.Append("second.silu", Silu(), {x});
  Graph made = graph.Finish(graph.AppendRowPool("pool", 1, x));
  made.output_shape = {3, 2};
  return RandomModel(std::move(made), 11);
}

inline core::Artifact BoardArtifact(int rows = kBoardSubcarriers) {
  const Model model = BoardModel(rows);
  const QGraph qgraph = BuildQGraph(model.graph);
  const CalibrationStats stats =
      Calibrate(model, qgraph, RandomWindows(16, 5), {});
  core::Artifact artifact;
  artifact.graph = Lower(model, MakePtqPlan(model, qgraph, stats));
  return artifact;
}

inline std::filesystem::path WriteBoardModel(const std::filesystem::path& path,
                                             int rows = kBoardSubcarriers) {
  WriteArtifactFile(path, BoardArtifact(rows), IfExists::kReplace);
  return path;
}

// Text as a stream that came in pieces of `piece` bytes.
class PiecesOfText : public LiveStream {
 public:
  explicit PiecesOfText(std::string text, std::size_t piece = 100)
      : text_(std::move(text)), piece_(piece) {}
  std::size_t Read(std::span<char> room) override {
    const std::size_t count =
        std::min({room.size(), piece_, text_.size() - at_});
    text_.copy(room.data(), count, at_);
    at_ += count;
    return count;
  }
  LiveTime arrival() const override { return std::chrono::steady_clock::now(); }

 private:
  const std::string text_;
  const std::size_t piece_;
  std::size_t at_ = 0;
};

inline std::unique_ptr<LivePackets> PacketsOf(const std::string& text) {
  return TextPackets("text", std::make_unique<PiecesOfText>(text), "");
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_LIVE_BOARD_LINES_H_
