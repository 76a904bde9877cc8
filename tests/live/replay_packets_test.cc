#include "src/live/replay_packets.h"

#include <gtest/gtest.h>

#include "src/base/output_file.h"
#include "src/formats/npy_writer.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

// A pairs folder of windows [n, 1, 4] with groups.
Dataset WriteSet(const TempFolder& folder, const std::vector<float>& x,
                 const std::vector<int64_t>& groups) {
  const auto n = std::ssize(groups);
  WriteFile(folder / "x.npy", NpyBytes({n, 1, 4}, x), IfExists::kReplace);
  WriteFile(folder / "y.npy",
            NpyBytes({n, 2, 2}, std::vector<float>(groups.size() * 4, 1.0f)),
            IfExists::kReplace);
  WriteFile(folder / "groups.npy", NpyBytes({n}, groups), IfExists::kReplace);
  folder.Write("dataset.json",
               R"({"layout": "pairs/1", "kind": "real", "x": "x.npy",
                  "y": "y.npy", "groups": "groups.npy"})");
  return Dataset::Open(folder.path());
}

struct Played {
  std::vector<float> values;
  std::vector<int64_t> times_ns;
};

Played Play(const Dataset& dataset, int stride) {
  ReplayPackets packets(dataset, {1, 4, stride, 100, 30}, false);
  Played played;
  CsiPacket packet;
  while (packets.Next(packet)) {
    played.values.push_back(packet.a.at(0));
    played.times_ns.push_back(packet.time_ns / 1'000'000);
  }
  return played;
}

TEST(ReplayPackets, PlaysWindowsOneAfterTheOther) {
  const TempFolder folder;
  const Dataset dataset =
      WriteSet(folder, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {0, 0, 1});
  const Played played = Play(dataset, 4);
  EXPECT_EQ(played.values,
            (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  // 30 steps between recordings.
  EXPECT_EQ(played.times_ns, (std::vector<int64_t>{0, 10, 20, 30, 40, 50, 60,
                                                   70, 380, 390, 400, 410}));
}

TEST(ReplayPackets, PlaysOnceWhatWindowsShare) {
  const TempFolder folder;
  const Dataset dataset =
      WriteSet(folder, {1, 2, 3, 4, 3, 4, 5, 6, 9, 9, 7, 8}, {0, 0, 0});
  const Played played = Play(dataset, 2);
  EXPECT_EQ(played.values, (std::vector<float>{1, 2, 3, 4, 5, 6, 9, 9, 7, 8}));
  EXPECT_EQ(played.times_ns[6] - played.times_ns[5], 310);
}

TEST(ReplayPackets, LeavesWindowsApartWhereStepsAreMissing) {
  const TempFolder folder;
  const Dataset dataset = WriteSet(folder, {1, 2, 3, 4, 5, 6, 7, 8}, {0, 0});
  const Played played = Play(dataset, 6);
  EXPECT_EQ(played.times_ns[4] - played.times_ns[3], 310);
}

}  // namespace
}  // namespace edge_int8
