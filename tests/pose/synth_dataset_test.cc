#include "src/pose/synth_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "src/base/parallel.h"
#include "src/base/sha256.h"
#include "src/formats/npy.h"
#include "src/formats/npz.h"
#include "src/formats/pickle.h"
#include "src/formats/string_array.h"
#include "src/pose/upstream_shape.h"
#include "src/pose/window_source.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

const char* const kFileNames[] = {
    "all_keypoints.npy", "config.npz",     "csi_windows.npy", "file_info.npz",
    "file_mappings.pkl", "synthetic.json", "window_info.npz"};

void Synthesize(const fs::path& out, const SynthOptions& options) {
  WriteSyntheticDataset(out, options, IfExists::kFail);
}

// Hash of the windows [first, first + count).
std::string HashOfWindows(const fs::path& set, int64_t first, int64_t count) {
  const MappedNpy csi(set / "csi_windows.npy");
  const std::size_t bytes = kWindowValues * sizeof(float);
  return Sha256(
      csi.view().data().subspan(static_cast<std::size_t>(first) * bytes,
                                static_cast<std::size_t>(count) * bytes));
}

TEST(SynthDataset, WritesTheSameBytesForAnyThreadCount) {
  const TempFolder temp;
  SetThreads(1);
  Synthesize(temp / "one", {.files = 7, .windows = 5});
  SetThreads(3);
  Synthesize(temp / "three", {.files = 7, .windows = 5});
  SetThreads(0);
  for (const char* name : kFileNames) {
    EXPECT_EQ(Sha256File(temp / "one" / name),
              Sha256File(temp / "three" / name))
        << name;
  }
}

// The set's bytes are frozen with kSynthVersion: checkpoints and published
// numbers refer to them. Another compiler or processor must give them too.
TEST(SynthDataset, KeepsTheFrozenBytesOfItsVersion) {
  const TempFolder temp;
  Synthesize(temp / "set", {.files = 3, .windows = 2});
  ASSERT_EQ(kSynthVersion, 1);
  EXPECT_EQ(Sha256File(temp / "set" / "csi_windows.npy"),
            "8703114934d1cda144767cdacbf760b709e3a95493ec169ad8b251b115851456");
  EXPECT_EQ(Sha256File(temp / "set" / "all_keypoints.npy"),
            "fb894e4e406a10a5aef16353fac92797eda5037fba679e1c59baa57d67c57a15");
}

TEST(SynthDataset, HasUpstreamsLayout) {
  const TempFolder temp;
  Synthesize(temp / "set", {.files = 3, .windows = 2, .seed = 5});
  const fs::path set = temp / "set";
  EXPECT_EQ(MappedNpy(set / "csi_windows.npy").view().shape(),
            (Shape{6, kSubcarriers, kFrames}));
  EXPECT_EQ(MappedNpy(set / "all_keypoints.npy").view().shape(),
            (Shape{6, kJoints, 2}));
  const Npz windows(set / "window_info.npz");
  EXPECT_THAT(windows.Read("window_to_file").view().Integers(),
              ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(windows.Read("window_to_frame").view().Integers(),
              ElementsAre(0, 1, 0, 1, 0, 1));
  const Npz files(set / "file_info.npz");
  const NpyArray ranges = files.Read("window_ranges");
  EXPECT_EQ(ranges.view().shape(), (Shape{3, 2}));
  EXPECT_THAT(ranges.view().Integers(), ElementsAre(0, 2, 2, 4, 4, 6));
  EXPECT_THAT(ReadStrings(files.Read("file_ids").view()),
              ElementsAre("synth_000", "synth_001", "synth_002"));
  EXPECT_THAT(Npz(set / "config.npz").Read("window_size").view().Integers(),
              ElementsAre(20));

  const std::string bytes = ReadText(set / "file_mappings.pkl");
  const Pickle mappings("pkl", std::as_bytes(std::span(bytes)));
  const auto paths = ReadStrings(files.Read("keypoints_files").view());
  const auto* const root = mappings.root().As<PickleDict>();
  ASSERT_NE(root, nullptr);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const PickleValue* const entry = root->Find(paths[i]);
    ASSERT_NE(entry, nullptr) << paths[i];
    EXPECT_EQ(*entry->As<PickleDict>()->Find("start_idx")->As<int64_t>(),
              static_cast<int64_t>(2 * i));
  }
}

TEST(SynthDataset, SaysThatItIsSyntheticAndHowItWasMade) {
  const TempFolder temp;
  Synthesize(temp / "set",
             {.files = 3, .windows = 2, .seed = 5, .only_files = {{2, 0, 2}}});
  const auto json =
      nlohmann::json::parse(std::ifstream(temp / "set" / "synthetic.json"));
  EXPECT_EQ(json["kind"], "synthetic");
  EXPECT_EQ(json["version"], kSynthVersion);
  EXPECT_EQ(json["seed"], 5);
  EXPECT_EQ(json["files"], 3);
  EXPECT_EQ(json["windows_per_file"], 2);
  EXPECT_EQ(json["only_files"], (std::vector<int>{0, 2}));
  EXPECT_TRUE(json["parameters"].contains("carrier_hz"));
}

TEST(SynthDataset, ASubsetHoldsTheWholeSetsWindowsAndFileList) {
  const TempFolder temp;
  Synthesize(temp / "whole", {.files = 6, .windows = 4});
  Synthesize(temp / "part", {.files = 6, .windows = 4, .only_files = {{4, 1}}});
  EXPECT_EQ(HashOfWindows(temp / "part", 0, 4),
            HashOfWindows(temp / "whole", 4, 4));
  EXPECT_EQ(HashOfWindows(temp / "part", 4, 4),
            HashOfWindows(temp / "whole", 16, 4));
  const Npz whole(temp / "whole" / "file_info.npz");
  const Npz part(temp / "part" / "file_info.npz");
  EXPECT_EQ(ReadStrings(part.Read("keypoints_files").view()),
            ReadStrings(whole.Read("keypoints_files").view()));
  EXPECT_THAT(part.Read("window_ranges").view().Integers(),
              ElementsAre(0, 0, 0, 4, 4, 4, 4, 4, 4, 8, 8, 8));
  EXPECT_THAT(Npz(temp / "part" / "window_info.npz")
                  .Read("window_to_file")
                  .view()
                  .Integers(),
              ElementsAre(1, 1, 1, 1, 4, 4, 4, 4));
}

TEST(SynthDataset, MoreWindowsOrFilesDoNotChangeTheFirst) {
  const TempFolder temp;
  Synthesize(temp / "small", {.files = 2, .windows = 3});
  Synthesize(temp / "large", {.files = 4, .windows = 5});
  EXPECT_EQ(HashOfWindows(temp / "small", 3, 3),
            HashOfWindows(temp / "large", 5, 3));
}

TEST(SynthDataset, RoomsChangeTheChannelAndNotWhoMovesHow) {
  const TempFolder temp;
  Synthesize(temp / "v1", {.files = 12, .windows = 2});
  Synthesize(temp / "one", {.files = 12, .windows = 2, .rooms = 1});
  Synthesize(temp / "three", {.files = 12, .windows = 2, .rooms = 3});
  EXPECT_EQ(HashOfWindows(temp / "v1", 0, 24),
            HashOfWindows(temp / "one", 0, 24));
  EXPECT_EQ(Sha256File(temp / "v1" / "all_keypoints.npy"),
            Sha256File(temp / "three" / "all_keypoints.npy"));
  const Npz info(temp / "three" / "file_info.npz");
  const std::vector<std::string> names =
      ReadStrings(info.Read("keypoints_files").view());
  std::set<std::string> rooms;
  for (int file = 0; file < 12; ++file) {
    const std::string& name = names[static_cast<std::size_t>(file)];
    const std::size_t at = name.find("_room");
    ASSERT_NE(at, std::string::npos) << name;
    rooms.insert(name.substr(at + 5, 1));
    EXPECT_EQ(HashOfWindows(temp / "v1", file * 2, 2) ==
                  HashOfWindows(temp / "three", file * 2, 2),
              name.substr(at + 5, 1) == "1")
        << name;
  }
  EXPECT_THAT(rooms, ElementsAre("1", "2", "3"));
  const auto json =
      nlohmann::json::parse(std::ifstream(temp / "three" / "synthetic.json"));
  EXPECT_EQ(json["version"], kSynthRoomsVersion);
  EXPECT_EQ(json["parameters"]["rooms"], 3);
}

TEST(SynthDataset, RefusesOptionsOutOfRangeAndWritesNothing) {
  const TempFolder temp;
  const SynthOptions wrong[] = {
      {.files = 0},
      {.windows = -1},
      {.files = 2'000'000},
      {.files = 3, .only_files = {{3}}},
      {.files = 3, .only_files = {{-1, 0}}},
      {.files = 3, .only_files = std::vector<int>{}},
  };
  for (const SynthOptions& options : wrong) {
    EXPECT_EQ(ErrorOf([&] { Synthesize(temp / "set", options); }).kind(),
              ErrorKind::kUsage);
  }
  EXPECT_TRUE(temp.List().empty());
}

TEST(SynthDataset, ReplacesItsOwnFolderOnlyWithForce) {
  const TempFolder temp;
  const SynthOptions options{.files = 1, .windows = 1};
  Synthesize(temp / "set", options);
  EXPECT_THAT(ErrorOf([&] { Synthesize(temp / "set", options); }).what(),
              HasSubstr("--force"));
  WriteSyntheticDataset(temp / "set", {.files = 2, .windows = 1},
                        IfExists::kReplace);
  EXPECT_EQ(MappedNpy(temp / "set" / "csi_windows.npy").view().shape()[0], 2);
}

}  // namespace
}  // namespace edge_int8
