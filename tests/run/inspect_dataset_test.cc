#include "src/run/inspect_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// 8 files of one window: 5 train, 1 val, 2 test. Two windows are corrupt, and
// one value is above 1 without being too large.
Dataset SmallDataset(const std::filesystem::path& folder) {
  FolderSpec spec;
  spec.files = 8;
  spec.values.assign(std::size_t{8} * kWindowValues, 0.5f);
  spec.values[0] = std::numeric_limits<float>::infinity();
  spec.values[std::size_t{3} * kWindowValues + 5] = -2.0f;
  spec.values[std::size_t{4} * kWindowValues] = 1.25f;
  WriteFolder(folder, spec);
  return Dataset::Open(folder);
}

TEST(InspectDataset, HasTheContractsKeys) {
  const TempFolder folder;
  const json j = InspectDataset(SmallDataset(folder.path()));
  EXPECT_EQ(j["files"], 8);
  EXPECT_EQ(j["windows"], 8);
  EXPECT_EQ(j["target_mode"], "npy");
  EXPECT_EQ(j["synthetic"], false);
  EXPECT_EQ(j["corrupt_windows"], json({0, 3}));
  EXPECT_EQ(j["value_min"], -2.0);  // Finite values of corrupt windows, too.
  EXPECT_EQ(j["value_max"], 1.25);
  const double finite = 8 * kWindowValues - 1;
  EXPECT_DOUBLE_EQ(j["clipped_share"], 2 / finite);
  EXPECT_EQ(j["constant_channels"], 539);
  int64_t windows = 0;
  int64_t clean = 0;
  for (const char* split : {"train", "val", "test"}) {
    EXPECT_EQ(j["split"][split]["files"].size(), j["split"][split]["windows"]);
    windows += j["split"][split]["windows"].get<int64_t>();
    clean += j["split"][split]["clean"].get<int64_t>();
  }
  EXPECT_EQ(j["split"]["train"]["windows"], 5);
  EXPECT_EQ(j["split"]["val"]["windows"], 1);
  EXPECT_EQ(windows, 8);
  EXPECT_EQ(clean, 6);
}

TEST(InspectDataset, CsvFoldersSaySo) {
  const TempFolder folder;
  FolderSpec spec;
  spec.csv = true;
  WriteFolder(folder.path(), spec);
  const json j = InspectDataset(Dataset::Open(folder.path()));
  EXPECT_EQ(j["target_mode"], "csv");
  EXPECT_EQ(j["corrupt_windows"], json::array());
}

TEST(InspectionTable, SaysItInWords) {
  const TempFolder folder;
  const std::string table =
      InspectionTable(InspectDataset(SmallDataset(folder.path())));
  EXPECT_THAT(table, HasSubstr("8 files, 8 windows, targets from "
                               "all_keypoints.npy\n"));
  EXPECT_THAT(table, HasSubstr("2 corrupt windows; finite values in "
                               "[-2, 1.25]"));
  EXPECT_THAT(table, testing::Not(HasSubstr("synthetic")));
}

TEST(InspectDataset, AgreesWithUpstreamOnTheFixtures) {
  EDGE_INT8_NEED_FIXTURES();
  const auto folder = Fixtures() / "preprocessed_csi_data";
  std::ifstream in(folder / "expected_split.json");
  const json expected = json::parse(in);
  const json j = InspectDataset(Dataset::Open(folder));
  EXPECT_EQ(j["files"], expected["files"]);
  EXPECT_EQ(j["corrupt_windows"], expected["corrupt_windows"]);
  for (const char* split : {"train", "val", "test"}) {
    EXPECT_EQ(j["split"][split]["files"], expected[split]) << split;
  }
}

}  // namespace
}  // namespace edge_int8
