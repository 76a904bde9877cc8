// Captures written by make_esp32.py and make_others.py, which share nothing
// with the reader, come out as the windows and poses that it computed.
#include "src/capture/import_capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "src/base/sha256.h"
#include "src/formats/npy.h"
#include "src/pose/dataset.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kCaptures = kSourceDir + "/tests/data/captures";

CaptureOptions SerialOptions() {
  CaptureOptions options;
  options.captures = {kCaptures / "serial.csv"};
  options.poses = {kCaptures / "poses.csv"};
  options.frames = 10;
  options.stride = 5;
  return options;
}

CaptureOptions DecodedOptions() {
  CaptureOptions options;
  options.captures = {kCaptures / "decoded.csv"};
  options.poses = {kCaptures / "decoded_poses.csv"};
  options.frames = 10;
  return options;
}

nlohmann::ordered_json Import(const CaptureOptions& options,
                              const fs::path& out) {
  return ImportCaptures(options, out, IfExists::kFail, "the test");
}

void ExpectArray(const fs::path& file, const fs::path& expected,
                 float tolerance) {
  const MappedNpy got(file), want(expected);
  ASSERT_EQ(got.view().shape(), want.view().shape()) << file;
  const auto a = got.view().Values<float>();
  const auto b = want.view().Values<float>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], tolerance) << file << " value " << i;
  }
}

TEST(ImportCaptures, GivesTheWindowsAndPosesOfSerialLines) {
  const TempFolder folder;
  for (const char* name : {"serial.csv", "serial_no_header.txt"}) {
    CaptureOptions options = SerialOptions();
    options.captures = {kCaptures / name};
    const fs::path out = folder / name;
    const auto report = Import(options, out);
    ExpectArray(out / "x.npy", kCaptures / "serial_x.npy", 1e-5f);
    ExpectArray(out / "y.npy", kCaptures / "serial_y.npy", 1e-4f);
    EXPECT_EQ(report["rate_hz"], 50);
    const auto& left_out = report["left_out"];
    EXPECT_EQ(left_out["packets cut or malformed"], 2);
    EXPECT_EQ(left_out["packets of 192 subcarriers instead of 64"], 2);
    EXPECT_EQ(left_out["packets of other senders"], 1);
    EXPECT_EQ(left_out["packets with fewer or more values than they say"], 1);
    EXPECT_EQ(left_out["joints of low confidence, repaired along time"], 3);
    const Dataset dataset = Dataset::Open(out, {});
    EXPECT_EQ(dataset.files(), 1);
  }
}

TEST(ImportCaptures, SaysWhereEveryByteCameFrom) {
  const TempFolder folder;
  Import(SerialOptions(), folder / "out");
  const auto json =
      nlohmann::json::parse(std::ifstream(folder / "out" / "dataset.json"));
  const auto& sources = json["provenance"]["sources"];
  ASSERT_EQ(sources.size(), 2u);
  for (const auto& source : sources) {
    EXPECT_EQ(source["sha256"], Sha256File(source["path"].get<std::string>()));
  }
  EXPECT_EQ(json["kind"], "real");
  EXPECT_EQ(json["joints"], (std::vector<std::string>{"a", "b"}));
}

TEST(ImportCaptures, DropsSubcarriersWithoutASignalAndChoosesLinks) {
  const TempFolder folder;
  CaptureOptions options = SerialOptions();
  options.drop_guards = true;
  options.links = {"02:00:00:00:00:0b"};
  Import(options, folder / "out");
  const MappedNpy got(folder / "out" / "x.npy");
  const MappedNpy all(kCaptures / "serial_x.npy");
  ASSERT_EQ(got.view().shape(), (Shape{9, 52, 10}));
  const auto a = got.view().Values<float>();
  const auto b = all.view().Values<float>();
  // Row 0 is subcarrier 2 of the second link, row 51 its last one.
  EXPECT_NEAR(a[0], b[(64 + 2) * 10], 1e-5);
  EXPECT_NEAR(a[51 * 10], b[127 * 10], 1e-5);

  options.links = {"02:00:00:00:00:99"};
  EXPECT_THAT(ErrorOf([&] { Import(options, folder / "x"); }).what(),
              HasSubstr("02:00:00:00:00:0a (50), 02:00:00:00:00:0b (50)"));
  options.links = {"1"};
  Import(options, folder / "one");
}

TEST(ImportCaptures, ReadsDecodedTables) {
  const TempFolder folder;
  CaptureOptions options = DecodedOptions();
  Import(options, folder / "amplitude");
  ExpectArray(folder / "amplitude" / "x.npy",
              kCaptures / "decoded_amplitude.npy", 1e-5f);
  options.value = CsiValue::kPhaseDifference;
  Import(options, folder / "phase");
  ExpectArray(folder / "phase" / "x.npy", kCaptures / "decoded_phase.npy",
              1e-5f);
  EXPECT_EQ(Dataset::Open(folder / "phase", {}).metric().dims, 3);
}

TEST(ImportCaptures, StoresTheScale) {
  const TempFolder folder;
  CaptureOptions options = DecodedOptions();
  options.scale = ParseScale("max");
  const auto report = Import(options, folder / "out");
  const MappedNpy x(folder / "out" / "x.npy");
  const auto values = x.view().Values<float>();
  EXPECT_DOUBLE_EQ(report["x_scale"],
                   1 / static_cast<double>(*std::ranges::max_element(values)));
}

TEST(ImportCaptures, CutsACaptureIntoRecordings) {
  const TempFolder folder;
  CaptureOptions options = DecodedOptions();
  options.frames = 5;
  options.cut = 0.5;
  const auto report = Import(options, folder / "out");
  EXPECT_EQ(report["recordings"], 3);
  const Dataset dataset = Dataset::Open(folder / "out", {});
  EXPECT_EQ(dataset.files(), 3);
  const auto json =
      nlohmann::json::parse(std::ifstream(folder / "out" / "dataset.json"));
  EXPECT_EQ(json["group_names"][2], "decoded/002");
}

CaptureOptions OtherOptions(CaptureKind kind, const char* capture) {
  CaptureOptions options;
  options.kind = kind;
  options.captures = {kCaptures / capture};
  options.poses = {kCaptures / "camera.csv"};
  options.frames = 10;
  return options;
}

TEST(ImportCaptures, ReadsBeamformingFeedbackOfTheIntel5300) {
  const TempFolder folder;
  CaptureOptions options = OtherOptions(CaptureKind::kIwl5300, "iwl5300.dat");
  options.pose_offset = "start";
  const auto report = Import(options, folder / "out");
  ExpectArray(folder / "out" / "x.npy", kCaptures / "iwl5300_x.npy", 1e-4f);
  EXPECT_EQ(report["streams"], 6);
  EXPECT_EQ(report["rate_hz"], 100);
  const auto& left_out = report["left_out"];
  EXPECT_EQ(left_out["packets cut or malformed"], 1);
  EXPECT_EQ(left_out["packets of 1 x 30 values instead of 6 x 30"], 1);
  EXPECT_EQ(left_out["records of other kinds"], 1);
  EXPECT_EQ(left_out["records cut off at the end of a file"], 1);
}

TEST(ImportCaptures, ReadsBothPackingsOfNexmon) {
  const TempFolder folder;
  const auto report =
      Import(OtherOptions(CaptureKind::kNexmon, "nexmon_int16.pcap"),
             folder / "int16");
  ExpectArray(folder / "int16" / "x.npy", kCaptures / "nexmon_int16_x.npy",
              1e-3f);
  EXPECT_EQ(report["links"], (std::vector<std::string>{"02:00:00:00:00:09",
                                                       "02:00:00:00:00:09/1"}));
  EXPECT_EQ(report["left_out"]["packets cut or malformed"], 1);
  EXPECT_EQ(report["left_out"]["frames that hold no channel state"], 1);
  CaptureOptions options =
      OtherOptions(CaptureKind::kNexmon, "nexmon_float.pcap");
  Import(options, folder / "float");
  ExpectArray(folder / "float" / "x.npy", kCaptures / "nexmon_float_x.npy",
              1e-2f);
  options.chip = "9999";
  EXPECT_EQ(ErrorOf([&] { Import(options, folder / "x"); }).kind(),
            ErrorKind::kUsage);
  options.chip = "";
  options.captures = {kCaptures / "iwl5300.dat"};
  EXPECT_THAT(ErrorOf([&] { Import(options, folder / "x"); }).what(),
              HasSubstr("is no packet capture"));
}

TEST(ImportCaptures, SaysWhyThereIsNoWindow) {
  const TempFolder folder;
  CaptureOptions options = DecodedOptions();
  options.pose_offset = "1000";
  const Error error = ErrorOf([&] { Import(options, folder / "out"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("from 1786700000.000 to 1786700001.450"));
  EXPECT_THAT(error.what(), HasSubstr("from 1786701000.000"));
  EXPECT_THAT(error.what(), HasSubstr("3 windows without a pose"));
  EXPECT_FALSE(fs::exists(folder / "out"));

  options.pose_offset = "start";
  Import(options, folder / "out");

  options.captures = {kCaptures / "decoded_poses.csv"};
  EXPECT_THAT(ErrorOf([&] { Import(options, folder / "o2"); }).what(),
              HasSubstr("holds no packet"));
  options.poses.push_back(options.poses[0]);
  options.poses.push_back(options.poses[0]);
  EXPECT_EQ(ErrorOf([&] { Import(options, folder / "o2"); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8
