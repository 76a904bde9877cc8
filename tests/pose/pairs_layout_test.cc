#include "src/pose/pairs_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "src/pose/dataset.h"
#include "src/pose/file_split.h"
#include "src/pose/pairs_description.h"
#include "tests/pose/pairs_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PairsLayout, GivesTaskWindowsTargetsAndRecordings) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_EQ(data.windows(), 40);
  EXPECT_EQ(data.files(), 10);
  EXPECT_EQ(data.file_names()[3], "s3/a");
  EXPECT_EQ(data.FileOf(13), 3);
  EXPECT_EQ(data.split_id(), "seed42");
  EXPECT_FALSE(data.synthetic());
  const Task& task = data.task();
  EXPECT_EQ(task.window, (Shape{3, 4}));
  EXPECT_EQ(task.metric.joints, 4);
  EXPECT_EQ(task.metric.dims, 3);
  EXPECT_EQ(task.metric.floor, 0.05);
  EXPECT_EQ(MetricId(task.metric), "pair-pck/1");
  EXPECT_EQ(data.Window(2)[3], 0.05f);
  EXPECT_EQ(data.Target(2)[1], 0.3f);
}

TEST(PairsLayout, SplitsItsGroupsAsFilesAreSplit) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_EQ(data.SplitFiles(Split::kTrain), SplitFiles(10).train);
  const int first = SplitFiles(10).train[0];
  const Selection train = data.Select(Split::kTrain, Subset::kFull);
  ASSERT_EQ(train.windows.size(), 28u);
  EXPECT_THAT(
      std::vector<int64_t>(train.windows.begin(), train.windows.begin() + 4),
      ElementsAre(first, first + 10, first + 20, first + 30));
}

TEST(PairsLayout, HoldsOutRecordingsByName) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  const Dataset data = Dataset::Open(folder.path(), {.hold_out = "s[27]/"});
  EXPECT_EQ(data.split_id(), "hold-out:s[27]/");
  EXPECT_THAT(data.SplitFiles(Split::kTest), ElementsAre(2, 7));
  // The last floor(0.15 * 8) = 1 of the shuffled others.
  EXPECT_EQ(data.SplitFiles(Split::kVal).size(), 1u);
  EXPECT_EQ(data.SplitFiles(Split::kTrain).size(), 7u);
  std::set<int> all;
  for (const Split split : {Split::kTrain, Split::kVal, Split::kTest}) {
    const auto& files = data.SplitFiles(split);
    all.insert(files.begin(), files.end());
  }
  EXPECT_EQ(all.size(), 10u);
  for (const char* pattern : {"nobody", "s", "("}) {
    const Error error =
        ErrorOf([&] { Dataset::Open(folder.path(), {.hold_out = pattern}); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage) << pattern;
  }
}

TEST(PairsLayout, ReadsEveryTypeOfXTimesItsScale) {
  const TempFolder folder;
  json description = WritePairsFolder(folder.path());
  description["x_scale"] = 0.5;
  WriteDescription(folder.path(), description);
  const auto first_of = [&] {
    return Dataset::Open(folder.path()).Window(1).front();
  };
  WriteArray(folder / "x.npy", "<f4", {40, 2}, std::vector<float>(80, 3));
  EXPECT_EQ(first_of(), 1.5f);
  WriteArray(folder / "x.npy", "|u1", {40, 2}, std::vector<uint8_t>(80, 250));
  EXPECT_EQ(first_of(), 125.0f);
  WriteArray(folder / "x.npy", "|i1", {40, 2}, std::vector<int8_t>(80, -128));
  EXPECT_EQ(first_of(), -64.0f);
  WriteArray(folder / "x.npy", "<i2", {40, 2}, std::vector<int16_t>(80, -300));
  EXPECT_EQ(first_of(), -150.0f);
  // 0x3e00 is 1.5, 0x7c00 is infinite, as float16.
  std::vector<uint16_t> halves(80, 0x3e00);
  halves[5] = 0x7c00;
  WriteArray(folder / "x.npy", "<f2", {40, 2}, halves);
  EXPECT_EQ(first_of(), 0.75f);
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_TRUE(data.Corrupt(2));
  EXPECT_FALSE(data.Corrupt(3));
}

TEST(PairsLayout, OnlyWhatIsNotFiniteIsCorrupt) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  std::vector<float> x(80, -123);
  x[7] = std::numeric_limits<float>::quiet_NaN();
  WriteArray(folder / "x.npy", "<f4", {40, 2}, x);
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_EQ(data.Scan().value_min, -123);
  for (int64_t w = 0; w < 40; ++w) EXPECT_EQ(data.Corrupt(w), w == 3) << w;
}

TEST(PairsLayout, IntegersAreClasses) {
  const TempFolder folder;
  json description = WritePairsFolder(folder.path());
  description.erase("metric");
  description.erase("skeleton");
  std::vector<int16_t> y(40);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<int16_t>(i % 3);
  WriteArray(folder / "y.npy", "<i2", {40}, y);
  WriteDescription(folder.path(), description);
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_TRUE(data.metric().is_classes());
  EXPECT_EQ(data.metric().classes, 3);
  EXPECT_EQ(data.targets().labels[4], 1);
  description["classes"] = {"a", "b"};
  WriteDescription(folder.path(), description);
  EXPECT_THAT(ErrorOf([&] { Dataset::Open(folder.path()); }).what(),
              HasSubstr("window 2 is of class 2, expected 0 to 1"));
}

TEST(PairsLayout, WithoutAMetricIsScoredByTheBox) {
  const TempFolder folder;
  json description = WritePairsFolder(folder.path());
  description.erase("metric");
  description.erase("groups");
  description.erase("group_names");
  WriteDescription(folder.path(), description);
  const Dataset data = Dataset::Open(folder.path());
  EXPECT_EQ(MetricId(data.metric()), "bbox-pck/1");
  EXPECT_EQ(data.files(), 40);
}

TEST(PairsLayout, NamesArePlacesOrIds) {
  const TempFolder folder;
  json description = WritePairsFolder(folder.path());
  std::vector<int32_t> groups(40, 7);
  groups[0] = 2;
  WriteArray(folder / "groups.npy", "<i4", {40}, groups);
  // Ten names, ids 2 and 7: by id.
  EXPECT_THAT(Dataset::Open(folder.path()).file_names(),
              ElementsAre("s2/a", "s7/a"));
  description["group_names"] = {"x", "y"};
  WriteDescription(folder.path(), description);
  EXPECT_THAT(Dataset::Open(folder.path()).file_names(), ElementsAre("x", "y"));
  description["group_names"] = {"x", "y", "z"};
  WriteDescription(folder.path(), description);
  EXPECT_THAT(ErrorOf([&] { Dataset::Open(folder.path()); }).what(),
              HasSubstr("of which 7 has no name"));
}

struct Wrong {
  const char* pointer;
  json value;
  const char* message;
};

TEST(PairsLayout, NamesWhatIsWrongAndWhere) {
  const TempFolder folder;
  const json right = WritePairsFolder(folder.path());
  const std::vector<Wrong> cases = {
      {"/layout", "pairs/2", "/layout: is 'pairs/2', expected 'pairs/1'"},
      {"/kind", "fake", "/kind: expected 'real' or 'synthetic'"},
      {"/x", "../x.npy", "/x: expected a file's name in this folder"},
      {"/x", "/etc/passwd", "/x: expected a file's name in this folder"},
      {"/x_scale", 0, "/x_scale: expected a number above 0"},
      {"/x_scale", "1", "/x_scale: expected a number"},
      {"/joints", {"nose"}, "/joints names 1 joints, and y has 4"},
      {"/skeleton", {{0, 4}}, "/skeleton joins 0 and 4, and y has 4 joints"},
      {"/skeleton", {{0}}, "/skeleton/0: expected two joint indices"},
      {"/metric/id", "auc/1", "/metric/id is 'auc/1', expected"},
      {"/metric/id", "torso-pck/1", "is of 15 joints in 2-D"},
      {"/metric/pair", {0, 9}, "/metric/pair names joint 9 of 4"},
      {"/metric/pair", {1, 1}, "/metric/pair names one joint twice"},
      {"/metric/pair", {-1, 1}, "expected a joint's index"},
      {"/metric/floor", -1, "/metric/floor: expected a number above 0"},
      {"/group_names", {1}, "/group_names/0: expected a text"}};
  for (const Wrong& wrong : cases) {
    json description = right;
    description[json::json_pointer(wrong.pointer)] = wrong.value;
    WriteDescription(folder.path(), description);
    const Error error = ErrorOf([&] { Dataset::Open(folder.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << wrong.pointer;
    EXPECT_THAT(error.what(), HasSubstr(wrong.message)) << wrong.pointer;
  }
}

TEST(PairsLayout, ArraysThatDoNotFitEachOtherAreRefused) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  const auto refusal = [&] {
    const Error error = ErrorOf([&] { Dataset::Open(folder.path()); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    return std::string(error.what());
  };
  WriteArray(folder / "y.npy", "<f4", {39, 4, 3}, std::vector<float>(39 * 12));
  EXPECT_THAT(refusal(), HasSubstr("x.npy holds 40 windows"));
  WriteArray(folder / "y.npy", "<f4", {40, 4, 4}, std::vector<float>(40 * 16));
  EXPECT_THAT(refusal(), HasSubstr("expected poses [40, joints, 2 or 3]"));
  WriteArray(folder / "x.npy", "<f4", {40}, std::vector<float>(40));
  EXPECT_THAT(refusal(), HasSubstr("expected windows [n, ...]"));
  WriteArray(folder / "x.npy", "<i8", {40, 1}, std::vector<int64_t>(40));
  EXPECT_THAT(refusal(), HasSubstr("holds <i8, expected windows of"));
}

}  // namespace
}  // namespace edge_int8
