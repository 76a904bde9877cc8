#include "src/live/import_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

nlohmann::json Record() {
  return {{"links", {"02:00:00:00:00:0a"}},
          {"subcarriers", 4},
          {"subcarriers_kept", {0, 2}},
          {"values", "amplitude"},
          {"rate_hz", 15},
          {"frames", 10},
          {"stride", 5},
          {"max_gap_s", 0.266666666},
          {"x_scale", 0.025}};
}

TEST(ReadImportRecord, KnowsHowWindowsWereMade) {
  const TempFolder folder;
  folder.Write("import.json", Record().dump());
  const auto record = ReadImportRecord(folder.path());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->kept, (std::vector<int>{0, 2}));
  EXPECT_EQ(record->width, (PacketWidth{1, 4}));
  EXPECT_EQ(record->max_gap_ns, 266'666'666);
  EXPECT_EQ(record->scale, 0.025);
}

TEST(ReadImportRecord, IsNothingWithoutOne) {
  const TempFolder folder;
  EXPECT_FALSE(ReadImportRecord(folder.path()));
  folder.Write("import.json", R"({"provenance": {}})");  // of arrays
  EXPECT_FALSE(ReadImportRecord(folder.path()));
}

TEST(ReadImportRecord, NamesWhatIsWrong) {
  const TempFolder folder;
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, nlohmann::json>>{
           {"subcarriers_kept", {2, 0}},
           {"subcarriers_kept", {0, 4}},
           {"subcarriers_kept", nlohmann::json::array()},
           {"links", nlohmann::json::array()},
           {"rate_hz", 0},
           {"frames", 0},
           {"x_scale", "1"},
           {"max_gap_s", -1}}) {
    nlohmann::json wrong = Record();
    wrong[key] = value;
    folder.Write("import.json", wrong.dump());
    const Error error = ErrorOf([&] { ReadImportRecord(folder.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << key;
    EXPECT_THAT(error.what(), HasSubstr("import.json"));
  }
}

}  // namespace
}  // namespace edge_int8
