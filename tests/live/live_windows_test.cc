#include "src/live/live_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/capture/byte_stream.h"
#include "tests/live/board_lines.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

LiveSetup BoardSetup() {
  LiveSetup setup;
  setup.model = "board.ei8";
  setup.source = "the test";
  setup.rows = kBoardSubcarriers;
  setup.frames = kBoardFrames;
  setup.hop = kBoardFrames;
  setup.rate = 100;
  return setup;
}

struct Made {
  std::vector<std::vector<float>> windows;
  std::vector<int64_t> ends_ns, gaps_ns;
  LiveCounts counts;
  double rate = 0;
};

Made Make(const LiveSetup& setup, const std::string& text) {
  Made made;
  LiveWindows windows(
      setup,
      [&](const LiveWindows::Window& window) {
        made.windows.emplace_back(window.values.begin(), window.values.end());
        made.ends_ns.push_back(window.last_ns);
      },
      [&](int64_t time) { made.gaps_ns.push_back(time); });
  const auto packets = PacketsOf(text);
  CsiPacket packet;
  while (packets->Next(packet)) windows.Add(packet, {});
  windows.End();
  made.counts = windows.counts();
  made.rate = windows.rate().value_or(0);
  return made;
}

TEST(LiveWindows, UsesThePacketsOfTheSurveyToo) {
  const Made made = Make(BoardSetup(), Joined(BoardLines(100)));
  // 100 steps, or 99: the last packet may be before its step.
  EXPECT_GE(made.windows.size(), 9u);
  EXPECT_EQ(made.ends_ns[0], 5'090'000'000);
  EXPECT_NEAR(static_cast<double>(made.counts.lost), 100 / 13 + 1, 2);
  // Fewer packets than a survey keeps.
  EXPECT_EQ(Make(BoardSetup(), Joined(BoardLines(31))).windows.size(), 3u);
}

TEST(LiveWindows, TakesTheRateOfTheFirstPackets) {
  LiveSetup setup = BoardSetup();
  setup.rate = 0;
  for (const auto& [interval, packets] :
       {std::pair{5'000, 150}, {200'000, 25}}) {
    std::string text;
    for (int i = 0; i < packets; ++i) {
      text += BoardLine(i * interval, static_cast<uint64_t>(i));
    }
    EXPECT_EQ(Make(setup, text).rate, 1e6 / interval);
  }
}

TEST(LiveWindows, ScalesAsADataSetDoes) {
  LiveSetup setup = BoardSetup();
  const std::string text = Joined(BoardLines(60));
  const Made plain = Make(setup, text);
  setup.scale = 1 / 41.7;
  const Made scaled = Make(setup, text);
  for (std::size_t i = 0; i < plain.windows[0].size(); ++i) {
    EXPECT_EQ(scaled.windows[0][i],
              static_cast<float>(double{plain.windows[0][i]} / 41.7 *
                                 (setup.scale * 41.7)));
  }
}

TEST(LiveWindows, NamesBothWidths) {
  LiveSetup setup = BoardSetup();
  setup.rows = 540;
  setup.frames = 20;
  const Error error = ErrorOf([&] { Make(setup, Joined(BoardLines(100))); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("64 values (1 sender x 64 subcarriers)"));
  EXPECT_THAT(error.what(), HasSubstr("board.ei8 takes 540 x 20 frames"));
}

TEST(LiveWindows, CountsLateDoubledAndForeignPackets) {
  std::vector<std::string> lines = BoardLines(100);
  std::swap(lines[50], lines[51]);              // one is late
  lines.insert(lines.begin() + 60, lines[59]);  // doubled
  lines.insert(lines.begin() + 70, BoardLine(5'700'000, 3, 128));
  lines.insert(lines.begin() + 80,
               "boot: some log\n" + lines[80].substr(0, 90) + "\n");
  const Made made = Make(BoardSetup(), Joined(lines));
  EXPECT_EQ(made.counts.clock.out_of_order, 2);
  EXPECT_EQ(made.counts.clock.doubled, 1);
  EXPECT_EQ(made.counts.left_out.at("packets of 128 subcarriers instead of 64"),
            1);
  EXPECT_GE(made.windows.size(), 9u);
  EXPECT_TRUE(made.gaps_ns.empty());
}

TEST(LiveWindows, TellsOfAGapAndOfAClockThatWentBack) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += BoardLine(i * 10'000, static_cast<uint64_t>(i));
  }
  for (int i = 0; i < 30; ++i) {  // half a second later
    text += BoardLine(1'100'000 + i * 10'000, static_cast<uint64_t>(i));
  }
  for (int i = 0; i < 30; ++i) {  // the board started again
    text += BoardLine(i * 10'000, static_cast<uint64_t>(i));
  }
  const Made made = Make(BoardSetup(), text);
  EXPECT_EQ(made.gaps_ns, (std::vector<int64_t>{590'000'000, 1'390'000'000}));
  EXPECT_EQ(made.windows.size(), 6u + 3u + 3u);
  EXPECT_EQ(made.counts.clock.restarts, 1);
}

// From 100 packets a second to 40, on the same clock.
TEST(LiveWindows, KeepsItsClockWhenTheRateChanges) {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    text += BoardLine(i * 10'000, static_cast<uint64_t>(i));
  }
  for (int i = 0; i < 40; ++i) {
    text += BoardLine(600'000 + i * 25'000, static_cast<uint64_t>(i));
  }
  const Made made = Make(BoardSetup(), text);
  EXPECT_EQ(made.rate, 100);
  EXPECT_EQ(made.windows.size(), 15u);
  EXPECT_TRUE(made.gaps_ns.empty());
}

TEST(LiveWindows, OverlapsByTheHop) {
  LiveSetup setup = BoardSetup();
  setup.hop = 2;
  const Made made = Make(setup, Joined(BoardLines(31)));
  EXPECT_EQ(made.windows.size(), 11u);
  EXPECT_EQ(made.ends_ns[1] - made.ends_ns[0], 20'000'000);
}

}  // namespace
}  // namespace edge_int8
