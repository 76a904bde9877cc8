// Sources that die, flood, fall silent, send garbage, change their width or
// rate: what a session says then.
#include "src/live/live_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

#include "src/base/error.h"
#include "src/base/notice.h"
#include "tests/live/board_lines.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

SessionOptions BoardSession() {
  SessionOptions options;
  options.setup.model = "board.ei8";
  options.setup.source = "the test";
  options.setup.rows = kBoardSubcarriers;
  options.setup.frames = kBoardFrames;
  options.setup.hop = 5;
  return options;
}

std::unique_ptr<Predictor> BoardPredictor() {
  return MakeIntegerPredictor(BoardArtifact().graph);
}

struct Said {
  int poses = 0;
  std::vector<std::string> why;  // there was none
};

class SessionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    HearNotes([](std::string_view) {});
  }

  Said Run(SessionOptions options) {
    LiveSession session(std::move(options), *predictor_);
    Said said;
    const auto hear = [&](const LivePose& pose) {
      if (pose.values.empty()) {
        said.why.emplace_back(pose.why);
      } else {
        ++said.poses;
      }
      if (slow_) std::this_thread::sleep_for(milliseconds(2));
      if (stop_at_none_ && pose.values.empty()) session.Stop();
    };
    try {
      session.Run(hear);
    } catch (...) {
      summary_ = session.summary();
      throw;
    }
    summary_ = session.summary();
    return said;
  }

  const std::unique_ptr<Predictor> predictor_ = BoardPredictor();
  SessionSummary summary_;
  bool slow_ = false, stop_at_none_ = false;
};

// A second of packets, then what `after` does.
class ThenDies : public LiveStream {
 public:
  ThenDies(std::string text, std::function<std::size_t()> after)
      : pieces_(std::move(text)), after_(std::move(after)) {}
  std::size_t Read(std::span<char> room) override {
    const std::size_t got = pieces_.Read(room);
    return got > 0 ? got : after_();
  }
  LiveTime arrival() const override { return pieces_.arrival(); }

 private:
  PiecesOfText pieces_;
  const std::function<std::size_t()> after_;
};

TEST_F(SessionTest, GivesEveryPoseBeforeTheSourceDied) {
  SessionOptions options = BoardSession();
  options.open = [](const StopFlag&) {
    return TextPackets(
        "board",
        std::make_unique<ThenDies>(
            Joined(BoardLines(100)),
            []() -> std::size_t { FailInput("board", "the board is gone"); }),
        "");
  };
  EXPECT_THAT(ErrorOf([&] { Run(options); }).what(), HasSubstr("is gone"));
  EXPECT_GE(summary_.poses, 17);
}

TEST_F(SessionTest, OpensTheSourceAgain) {
  SessionOptions options = BoardSession();
  options.reconnect = 0.01;
  options.count = 120;
  int opened = 0;
  options.open = [&](const StopFlag&) -> std::unique_ptr<LivePackets> {
    if (++opened % 2 == 0) FailInput("board", "can't be opened");
    return PacketsOf(Joined(BoardLines(250)));  // its clock begins again, too
  };
  EXPECT_EQ(Run(options).poses, 120);
  EXPECT_GE(summary_.reconnects, 4);
  EXPECT_GE(summary_.counts.clock.restarts, 2);
}

TEST_F(SessionTest, DoesNotTryAgainWithPacketsOfAnotherWidth) {
  SessionOptions options = BoardSession();
  options.reconnect = 0.01;
  options.setup.rows = 63;
  options.open = [](const StopFlag&) {
    return PacketsOf(Joined(BoardLines(100)));
  };
  EXPECT_THAT(ErrorOf([&] { Run(options); }).what(), HasSubstr("takes 63 x"));
}

TEST_F(SessionTest, LeavesGarbageOutAndGoesOn) {
  Rng rng(3);
  std::string text;
  for (const std::string& line : BoardLines(200)) {
    text += line;
    for (int i = 0; i < 200; ++i) {
      text += static_cast<char>(static_cast<uint8_t>(rng.Uniform(0, 255)));
    }
    text += '\n';
  }
  SessionOptions options = BoardSession();
  options.open = [&](const StopFlag&) { return PacketsOf(text); };
  const Said said = Run(options);
  EXPECT_GE(said.poses, 30);
  EXPECT_GT(summary_.counts.left_out.at("lines that hold no packet"), 100);
}

TEST_F(SessionTest, DropsTheOldestWindowsOfASourceThatFloods) {
  SessionOptions options = BoardSession();
  options.when_full = WhenFull::kDrop;
  options.queue = 2;
  slow_ = true;
  options.open = [](const StopFlag&) {
    return PacketsOf(Joined(BoardLines(1000)));
  };
  const Said said = Run(options);
  EXPECT_GT(summary_.dropped, 50);
  EXPECT_EQ(summary_.dropped + said.poses, summary_.counts.windows);
}

TEST_F(SessionTest, MakesASourceWaitWhereNothingMayBeLost) {
  SessionOptions options = BoardSession();
  options.queue = 1;
  slow_ = true;
  options.open = [](const StopFlag&) {
    return PacketsOf(Joined(BoardLines(300)));
  };
  EXPECT_EQ(Run(options).poses, summary_.counts.windows);
  EXPECT_EQ(summary_.dropped, 0);
}

// Silence, or another width from one packet on: no pose, by the wall's clock.
TEST_F(SessionTest, SaysNoPoseWhenPacketsStopOrChangeTheirWidth) {
  for (const bool silent : {true, false}) {
    SessionOptions options = BoardSession();
    options.is_live = true;
    stop_at_none_ = true;
    options.open = [&](const StopFlag& stop) {
      return TextPackets("board",
                         std::make_unique<ThenDies>(
                             Joined(BoardLines(100)),
                             [&stop]() -> std::size_t {
                               while (!stop)
                                 std::this_thread::sleep_for(milliseconds(5));
                               return 0;
                             }),
                         "");
    };
    if (!silent) {
      options.open = [](const StopFlag& stop) {
        std::string text = Joined(BoardLines(100));
        for (int i = 0; i < 100; ++i) {
          text += BoardLine(6'000'000 + i * 10'000, 1, 128);
        }
        return Paced(PacketsOf(text), 2, stop);
      };
    }
    const Said said = Run(options);
    EXPECT_GE(said.poses, 17);
    ASSERT_EQ(said.why.size(), 1u);
    EXPECT_EQ(said.why[0],
              silent ? "no packets" : "only packets that are left out");
  }
}

TEST_F(SessionTest, SaysNoPoseOnceAtAGap) {
  std::string text = Joined(BoardLines(100));
  for (int i = 0; i < 50; ++i) {
    text += BoardLine(8'000'000 + i * 10'000, static_cast<uint64_t>(i));
  }
  SessionOptions options = BoardSession();
  options.open = [&](const StopFlag&) { return PacketsOf(text); };
  const Said said = Run(options);
  EXPECT_EQ(said.why, std::vector<std::string>{"a gap"});
  EXPECT_EQ(summary_.no_pose, 1);
}

TEST_F(SessionTest, EndsWhenWhoeverHearsThrows) {
  SessionOptions options = BoardSession();
  options.queue = 1;
  options.open = [](const StopFlag&) {
    return PacketsOf(Joined(BoardLines(500)));
  };
  LiveSession session(options, *predictor_);
  EXPECT_THROW(session.Run([](const LivePose&) {
    FailInput("stdout", "can't be written");
  }),
               Error);
}

}  // namespace
}  // namespace edge_int8
