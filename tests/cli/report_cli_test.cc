// `report` as its users meet it: exit codes, flags, hostile folder names.
#include <gtest/gtest.h>

#include "tests/cli/run_program.h"
#include "tests/report/example_run.h"

namespace edge_int8 {
namespace {

TEST(ReportCli, HelpShowsAnExample) {
  const ProgramResult result = RunProgram({"report", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("edge-int8 report runs/a"), std::string::npos);
}

TEST(ReportCli, WritesThePageAndSaysWhere) {
  const TempFolder run, out;
  WriteAll(run);
  const std::string page = (out / "page.html").string();
  const ProgramResult result =
      RunProgram({"report", run.path().string(), "--out", page, "--svg",
                  (out / "svg").string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("wrote " + page), std::string::npos) << result.out;
  EXPECT_TRUE(std::filesystem::exists(out / "svg" / "intervals.svg"));
  EXPECT_EQ(
      RunProgram({"report", run.path().string(), "--out", page}).exit_code, 2);
  EXPECT_EQ(
      RunProgram({"report", run.path().string(), "--out", page, "--force"})
          .exit_code,
      0);
}

TEST(ReportCli, ExitsWith2WithoutAFolderAnd3ForOneThatIsNoRun) {
  const TempFolder empty;
  const std::string page = (empty / "page.html").string();
  EXPECT_EQ(RunProgram({"report", "--out", page}).exit_code, 2);
  const ProgramResult no_run =
      RunProgram({"report", empty.path().string(), "--out", page});
  EXPECT_EQ(no_run.exit_code, 3);
  EXPECT_NE(no_run.err.find("results.json"), std::string::npos) << no_run.err;
  empty.Write("results.json", "{");
  EXPECT_EQ(
      RunProgram({"report", empty.path().string(), "--out", page}).exit_code,
      3);
  EXPECT_FALSE(std::filesystem::exists(page));
}

}  // namespace
}  // namespace edge_int8
