// A board's stand-in: a pseudo-terminal that plays esp-csi's lines at 921,600
// baud, a UDP sender at 100 packets a second, a TCP sender, a file, a replayed
// folder. Packets in, poses out: of every source the poses that importing the
// recording and predicting gives, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "src/capture/import_capture.h"
#include "src/formats/npy.h"
#include "src/live/socket_stream.h"
#include "src/run/extract_windows.h"
#include "src/run/predict_file.h"
#include "src/run/run_live.h"
#include "tests/live/board_lines.h"
#include "tests/live/senders.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr int kPackets = 130;

class LiveChain : public testing::Test {
 protected:
  void SetUp() override {
    WriteBoardModel(model_);
    lines_ = BoardLines(kPackets);
    std::swap(lines_[40], lines_[41]);
    lines_.insert(lines_.begin() + 60, lines_[60]);
    folder_.Write("csi.csv", Joined(lines_));
    std::string poses = "time,a_x,a_y,b_x,b_y\n";
    for (int i = 0; i < 2 * kPackets; ++i) {
      poses += fmt::format("{},1,2,{},4\n", 0.01 * i, i);
    }
    folder_.Write("camera.csv", poses);
    CaptureOptions import;
    import.captures = {folder_ / "csi.csv"};
    import.poses = {folder_ / "camera.csv"};
    import.pose_offset = "start";
    import.frames = kBoardFrames;
    import.rate = 100;
    import.scale = ParseScale("p99");
    ImportCaptures(import, folder_ / "mine", IfExists::kFail, "the test");
    ExtractWindows(Dataset::Open(folder_ / "mine"), Split::kAll, Subset::kFull,
                   folder_ / "windows.npy", IfExists::kFail);
    PredictFile({model_, folder_ / "windows.npy", folder_ / "poses.npy"});
    const MappedNpy offline(folder_ / "poses.npy");
    const auto values = offline.view().Values<float>();
    offline_.assign(values.begin(), values.end());
    ASSERT_GE(offline_.size(), 12u * 6u);
  }

  LiveOptions Options(const std::string& source) const {
    LiveOptions options;
    options.model = model_;
    options.source = ParseSource(source);
    options.like = folder_ / "mine";
    options.hop = kBoardFrames;
    options.when_full = WhenFull::kWait;
    return options;
  }

  // Of all windows; ends by itself after those that there should be.
  std::vector<float> Poses(LiveOptions options) {
    LiveRun run(options, OpenSocket);
    std::vector<float> poses;
    run.Run([&](const LivePose& pose) {
      poses.insert(poses.end(), pose.values.begin(), pose.values.end());
    });
    summary_ = run.summary();
    return poses;
  }

  LiveOptions Counted(const std::string& source) const {
    LiveOptions options = Options(source);
    options.count = static_cast<int64_t>(offline_.size()) / 6;
    return options;
  }

  const TempFolder folder_;
  const std::filesystem::path model_ = folder_ / "board.ei8";
  std::vector<std::string> lines_;
  std::vector<float> offline_;
  SessionSummary summary_;
};

TEST_F(LiveChain, AFileGivesTheOfflinePoses) {
  const std::string file = (folder_ / "csi.csv").string();
  EXPECT_EQ(Poses(Options("file:" + file)), offline_);
  EXPECT_EQ(summary_.counts.clock.doubled, 1);
  EXPECT_EQ(summary_.counts.clock.out_of_order, 2);
  LiveOptions fast = Options("file:" + file);
  fast.speed = 20;
  EXPECT_EQ(Poses(fast), offline_);
  // By flags instead of the folder.
  LiveOptions flags = Options("file:" + file);
  flags.like.clear();
  flags.rate = 100;
  flags.scale = ReadImportRecord(folder_ / "mine")->scale;
  EXPECT_EQ(Poses(flags), offline_);
}

TEST_F(LiveChain, AReplayedFolderGivesTheOfflinePoses) {
  LiveOptions replay = Options("replay:" + (folder_ / "mine").string());
  replay.like.clear();
  for (const double speed : {0.0, 50.0}) {
    replay.speed = speed;
    EXPECT_EQ(Poses(replay), offline_);
  }
  replay.loop = true;
  replay.count = 3 * static_cast<int64_t>(offline_.size()) / 6;
  EXPECT_EQ(Poses(replay).size(), 3 * offline_.size());
  replay.speed = 0;  // ends as well, though the source never does
  EXPECT_EQ(Poses(replay).size(), 3 * offline_.size());
  EXPECT_GE(summary_.counts.clock.gaps, 2);
}

TEST_F(LiveChain, ABoardOnASerialPortGivesTheOfflinePoses) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  PseudoTerminal board;
  std::thread playing([&] { board.Play(Joined(lines_), 921600); });
  EXPECT_EQ(Poses(Counted("serial:" + board.path())), offline_);
  playing.join();
  EXPECT_EQ(summary_.dropped, 0);
}

TEST_F(LiveChain, AUdpSenderGivesTheOfflinePoses) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  const int port = FreeUdpPort();
  std::thread sending([&] {
    const UdpSender sender(port);
    sender.WaitForListener();
    auto due = steady_clock::now();
    for (const std::string& line : lines_) {
      sender.Send(std::string_view(line).substr(0, line.size() - 1));
      due += milliseconds(10);
      std::this_thread::sleep_until(due);
    }
  });
  EXPECT_EQ(Poses(Counted(fmt::format("udp:127.0.0.1:{}", port))), offline_);
  sending.join();
  // By the wall's clock: generous, as tests run beside each other.
  EXPECT_LT(summary_.latency.Percentile(0.5), 500);
}

TEST_F(LiveChain, ATcpSenderGivesTheOfflinePoses) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  TcpSender sender;
  std::thread sending([&] { sender.SendAndClose(Joined(lines_)); });
  EXPECT_EQ(Poses(Options(sender.source())), offline_);
  sending.join();
}

TEST_F(LiveChain, FlagsThatChangeNothingAreRefused) {
  const auto refused = [&](const LiveOptions& options) {
    return ErrorOf([&] { LiveRun(options, OpenSocket); });
  };
  LiveOptions options = Options("udp:5500");
  options.speed = 2;
  EXPECT_EQ(refused(options).kind(), ErrorKind::kUsage);
  options = Options("replay:" + (folder_ / "mine").string());
  EXPECT_THAT(refused(options).what(), HasSubstr("--like"));
  options = Options("file:" + (folder_ / "csi.csv").string());
  options.loop = true;
  EXPECT_EQ(refused(options).kind(), ErrorKind::kUsage);
  options = Options("udp:5500");
  options.like = folder_.path();
  EXPECT_THAT(refused(options).what(), HasSubstr("no import.json"));
}

TEST_F(LiveChain, NamesWhatTheModelTakesAndWhatThereIs) {
  WriteBoardModel(folder_ / "wide.ei8", 90);
  for (const std::string& source : {"file:" + (folder_ / "csi.csv").string(),
                                    "replay:" + (folder_ / "mine").string()}) {
    LiveOptions options = Options(source);
    options.model = folder_ / "wide.ei8";
    if (source.starts_with("replay")) options.like.clear();
    const Error error = ErrorOf([&] { Poses(options); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_THAT(error.what(), HasSubstr("64"));
    EXPECT_THAT(error.what(), HasSubstr("90"));
  }
}

TEST_F(LiveChain, AFileWithoutPacketsIsBadInput) {
  folder_.Write("empty.csv", "no packet\n");
  const Error error = ErrorOf(
      [&] { Poses(Options("file:" + (folder_ / "empty.csv").string())); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("1 lines that hold no packet"));
}

}  // namespace
}  // namespace edge_int8
