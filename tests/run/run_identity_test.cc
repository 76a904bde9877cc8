#include "src/run/run_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "src/nets/wiflow.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RunIdentityTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_ / "data");
    WriteFolder(folder_ / "data", {.files = 3, .csv = true});
    WriteMask(folder_ / "a.npy", {1, 0, 0});
    WriteMask(folder_ / "b.npy", {0, 1, 0});
  }
  json Identity(const std::vector<std::string>& masks = {},
                const std::string& data = "data") const {
    DatasetOptions options;
    for (const std::string& mask : masks) {
      options.corrupt_masks.push_back(folder_ / mask);
    }
    json identity = ProgramIdentity();
    identity.update(
        DataIdentity(Dataset::Open(folder_ / data, options), options));
    return identity;
  }
  static std::string WhyNot(const json& begun, const json& now) {
    const Error error = ErrorOf(
        [&] { RequireSameRun("x.state", JsonPlace(begun, "x.state"), now); });
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }

  const TempFolder folder_;
};

TEST_F(RunIdentityTest, ACopyOfTheDataIsTheSame) {
  std::filesystem::copy(folder_ / "data", folder_ / "copy",
                        std::filesystem::copy_options::recursive);
  const json begun = Identity({"a.npy", "b.npy"});
  RequireSameRun("x", JsonPlace(begun, "x"),
                 Identity({"b.npy", "a.npy"}, "copy"));
}

TEST_F(RunIdentityTest, AnotherMaskIsNamed) {
  EXPECT_THAT(
      WhyNot(Identity({"a.npy"}), Identity({"b.npy"})),
      AllOf(HasSubstr("x.state is of another run: masks/0 was"),
            HasSubstr("--force without --resume"), Not(HasSubstr("data/"))));
  EXPECT_THAT(WhyNot(Identity(), Identity({"b.npy"})), HasSubstr("masks"));
}

// Of the same size and time stamps.
TEST_F(RunIdentityTest, OneByteOfTheWindowsCounts) {
  const json begun = Identity();
  const auto windows = folder_ / "data/csi_windows.npy";
  const auto time = std::filesystem::last_write_time(windows);
  {
    std::fstream file(windows, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4000);
    file.put('\x01');
  }
  std::filesystem::last_write_time(windows, time);
  EXPECT_THAT(WhyNot(begun, Identity()), HasSubstr("data/csi_windows.npy was"));
}

TEST_F(RunIdentityTest, AKeypointOfACsvCounts) {
  const json begun = Identity();
  std::string csv = ReadText(folder_ / "data/kp/1.csv");
  csv.replace(csv.find("\n0,1,1.5,") + 3, 1, "7");
  folder_.Write("data/kp/1.csv", csv);
  EXPECT_THAT(WhyNot(begun, Identity()), HasSubstr("data/targets was"));
}

TEST_F(RunIdentityTest, ManyDifferencesAreCountedAndTextIsNotObeyed) {
  json begun = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}};
  EXPECT_THAT(WhyNot(begun, {{"z", 1}}), HasSubstr("and 3 more"));
  begun = {{"\x1b[2J", "\x1b[31m\xff"}};
  const std::string what = WhyNot(begun, json::object());
  EXPECT_EQ(what.find('\x1b'), std::string::npos);
  EXPECT_EQ(ErrorOf([] {
              const json none = 5;
              RequireSameRun("x", JsonPlace(none, "x"), json::object());
            }).kind(),
            ErrorKind::kBadInput);
}

TEST(WeightsHash, ChangesWithOneWeight) {
  Model model = RandomModel(BuildWiflow(WiflowVariant("tiny")), 1);
  const std::string before = WeightsHash(model);
  EXPECT_EQ(WeightsHash(model), before);
  model.parameters.begin()->second.data[0] += 1;
  EXPECT_NE(WeightsHash(model), before);
}

}  // namespace
}  // namespace edge_int8
