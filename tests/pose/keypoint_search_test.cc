#include "src/pose/keypoint_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

class KeypointSearchTest : public testing::Test {
 protected:
  // An empty file below the temporary folder.
  std::filesystem::path Make(const std::string& name) {
    const auto path = temp_ / name;
    std::filesystem::create_directories(path.parent_path());
    return temp_.Write(name, "");
  }
  TempFolder temp_;
};

TEST_F(KeypointSearchTest, TriesThePathAsGivenFirst) {
  const auto absolute = Make("elsewhere/a.csv");
  Make("data/a.csv");
  KeypointSearch search(temp_ / "data", {});
  EXPECT_EQ(search.Find(absolute.string()), absolute);
}

TEST_F(KeypointSearchTest, ThenBelowTheFolder) {
  const auto file = Make("data/kp/a.csv");
  Make("data/other/a.csv");
  KeypointSearch search(temp_ / "data", {});
  EXPECT_EQ(search.Find("kp/a.csv"), file);
}

TEST_F(KeypointSearchTest, ThenWithBackslashesAsSlashes) {
  const auto file = Make("data/kp/a.csv");
  Make("data/other/a.csv");
  KeypointSearch search(temp_ / "data", {});
  EXPECT_EQ(search.Find("kp\\a.csv"), file);
}

TEST_F(KeypointSearchTest, ThenByABaseNameThatIsUnique) {
  const auto file = Make("data/deep/down/a.csv");
  KeypointSearch search(temp_ / "data", {});
  EXPECT_EQ(search.Find("/home/someone/a.csv"), file);
  EXPECT_EQ(search.Find("D:\\data\\a.csv"), file);
}

TEST_F(KeypointSearchTest, RefusesABaseNameThatTwoFilesHave) {
  Make("data/1/a.csv");
  Make("data/2/a.csv");
  KeypointSearch search(temp_ / "data", {});
  const Error error = ErrorOf([&] { search.Find("kp/a.csv"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("2 files match the name"));
}

TEST_F(KeypointSearchTest, SaysHowToHelpWhenThereIsNoSuchFile) {
  KeypointSearch search(temp_.path(), {});
  const Error error = ErrorOf([&] { search.Find("kp/a.csv"); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("'kp/a.csv'"));
  EXPECT_THAT(error.what(), HasSubstr("--keypoints-root"));
}

TEST_F(KeypointSearchTest, ARootTakesThePlaceOfTheFolder) {
  Make("data/kp/a.csv");
  const auto by_path = Make("root/kp/a.csv");
  const auto by_name = Make("root/x/b.csv");
  Make("data/kp/c.csv");
  KeypointSearch search(temp_ / "data", temp_ / "root");
  EXPECT_EQ(search.Find("kp/a.csv"), by_path);
  EXPECT_EQ(search.Find("/kp/a.csv"), by_path);
  EXPECT_EQ(search.Find("kp\\b.csv"), by_name);
  EXPECT_THROW(search.Find("kp/c.csv"), Error);
}

TEST_F(KeypointSearchTest, TakesTheFileWhoseEndMatchesFurthest) {
  const auto first = Make("root/subject1/walking.csv");
  const auto second = Make("root/subject2/walking.csv");
  const auto room = Make("root/room/subject2/walking.csv");
  KeypointSearch search(temp_ / "data", temp_ / "root");
  EXPECT_EQ(search.Find("D:\\wifi pose\\raw\\subject1\\walking.csv"), first);
  EXPECT_EQ(search.Find("/home/a/room/subject2/walking.csv"), room);
  EXPECT_THROW(search.Find("E:\\x\\subject2\\walking.csv"), Error);
  EXPECT_THROW(search.Find("D:\\subject3\\walking.csv"), Error);
  EXPECT_THROW(search.Find("walking.csv"), Error);
  static_cast<void>(second);
}

TEST_F(KeypointSearchTest, LooksPastCapitalsWhereNothingElseIsFound) {
  for (const char* subject : {"subject1", "subject2"}) {
    std::filesystem::create_directories(temp_ / "kp" / subject);
    temp_.Write(std::string("kp/") + subject + "/walking.csv", "x");
  }
  KeypointSearch search(temp_.path(), {});
  EXPECT_EQ(search.Find("D:\\raw\\Subject2\\Walking.CSV"),
            temp_ / "kp/subject2/walking.csv");
  EXPECT_EQ(search.Find("D:\\raw\\SUBJECT1\\walking.csv"),
            temp_ / "kp/subject1/walking.csv");
  EXPECT_THROW(search.Find("D:\\raw\\Subject3\\Walking.CSV"), Error);
}

TEST_F(KeypointSearchTest, DoesNotTakeAFolderForAFile) {
  std::filesystem::create_directories(temp_ / "a.csv");
  KeypointSearch search(temp_.path(), {});
  EXPECT_THROW(search.Find("a.csv"), Error);
}

TEST(KeypointFiles, AreThoseThatCanBeFound) {
  const TempFolder temp;
  FolderSpec spec;
  spec.csv = true;
  WriteFolder(temp / "data", spec);
  const std::vector<std::filesystem::path> both = {temp / "data/kp/0.csv",
                                                   temp / "data/kp/1.csv"};
  EXPECT_EQ(KeypointFiles(temp / "data", {}), both);
  std::filesystem::remove(both[0]);
  EXPECT_EQ(KeypointFiles(temp / "data", {}),
            std::vector<std::filesystem::path>{both[1]});
  EXPECT_TRUE(KeypointFiles(temp / "data", temp / "nowhere").empty());
  EXPECT_TRUE(KeypointFiles(temp / "nowhere", {}).empty());
}

}  // namespace
}  // namespace edge_int8
