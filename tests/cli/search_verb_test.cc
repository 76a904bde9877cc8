// `search` as its users meet it: exit codes, and a kill that costs nothing.
#include <gtest/gtest.h>

#include "tests/cli/run_program.h"
#include "tests/testing/build_kind.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

class SearchVerb : public OnFixtures {
 protected:
  void SetUp() override {
    EDGE_INT8_NEED_FIXTURES();
    ASSERT_EQ(RunProgram({"dataset", "synth", "--out", data_, "--files", "20",
                          "--windows", "2"})
                  .exit_code,
              0);
  }
  ProgramResult Search(const std::string& out, std::vector<std::string> more,
                       const std::string& before = "") const {
    std::vector<std::string> arguments = {"search",
                                          "--checkpoint",
                                          Path("models/tiny_random.pth"),
                                          "--data",
                                          data_,
                                          "--out",
                                          (folder_ / out).string(),
                                          "--activation-bits",
                                          "8",
                                          "--calib-batches",
                                          "1",
                                          "--refinements",
                                          "1",
                                          "--finalists",
                                          "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunProgram(arguments, before);
  }

  const TempFolder folder_;
  const std::string data_ = (folder_ / "data").string();
};

TEST_F(SearchVerb, WithoutALimitExitsWith2) {
  const ProgramResult result = Search("a.ei8", {});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("--max-bytes"), std::string::npos) << result.err;
  EXPECT_EQ(
      Search("a.ei8", {"--max-bytes", "9", "--weight-bits", "5,8"}).exit_code,
      2);
}

TEST_F(SearchVerb, ALimitThatNoArtifactMeetsExitsWith1) {
  const ProgramResult result = Search("a.ei8", {"--max-bytes", "9000"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_NE(result.err.find("the smallest one has"), std::string::npos)
      << result.err;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.ei8"));
}

// Killed after two seconds, wherever it is then, and started again.
TEST_F(SearchVerb, SurvivesBeingKilled) {
  if (kSanitized) GTEST_SKIP() << "a killed process has nothing to report";
  const std::vector<std::string> limit = {"--max-bytes", "140000", "--front",
                                          (folder_ / "front.json").string()};
  const ProgramResult whole = Search("whole.ei8", limit);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_NE(whole.out.find("ratio to fp32"), std::string::npos) << whole.out;
  const std::vector<std::string> again = {"--max-bytes", "140000", "--resume"};
  const ProgramResult killed = Search("killed.ei8", again, "timeout -s KILL 2");
  if (killed.exit_code != 0) {
    ASSERT_EQ(killed.exit_code, 137) << killed.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "killed.ei8"));
    const ProgramResult resumed = Search("killed.ei8", again);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  }
  EXPECT_EQ(ReadText(folder_ / "whole.ei8"), ReadText(folder_ / "killed.ei8"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "killed.ei8.search"));
  const json j = ParseJson(ReadText(folder_ / "front.json"));
  EXPECT_EQ(j["chosen"]["bytes"],
            std::filesystem::file_size(folder_ / "whole.ei8"));
}

}  // namespace
}  // namespace edge_int8
