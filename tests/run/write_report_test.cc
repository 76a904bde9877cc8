#include "src/run/write_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/example_run.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

class WriteReportTest : public testing::Test {
 protected:
  WriteReportTest() { WriteAll(run_); }
  ReportOptions Options() const {
    ReportOptions options;
    options.runs = {run_.path()};
    options.out = out_ / "page.html";
    return options;
  }
  TempFolder run_, out_;
};

TEST_F(WriteReportTest, WritesThePageAndThePictures) {
  ReportOptions options = Options();
  options.svg = out_ / "svg";
  const WrittenReport written = WriteReport(options);
  EXPECT_EQ(written.page_bytes, std::filesystem::file_size(options.out));
  // One for each of ten charts, and the ladder by PCK@10 and PCK@50.
  EXPECT_EQ(written.pictures.size(), 12u);
  for (const char* name : {"ladder.svg", "ladder-pck10.svg", "network.svg"}) {
    EXPECT_THAT(ReadText(out_ / "svg" / name), testing::StartsWith("<svg"));
  }
  EXPECT_NE(ReadText(options.out).find("94.50%"), std::string::npos);
}

TEST_F(WriteReportTest, SeveralRunsHavePicturesOfTheirOwn) {
  ReportOptions options = Options();
  options.runs.push_back(run_.path());
  options.svg = out_.path();
  WriteReport(options);
  EXPECT_TRUE(std::filesystem::exists(out_ / "1-ladder.svg"));
  EXPECT_TRUE(std::filesystem::exists(out_ / "2-ladder.svg"));
}

TEST_F(WriteReportTest, AnExistingPageIsLeftAlone) {
  const ReportOptions options = Options();
  out_.Write("page.html", "mine");
  EXPECT_EQ(ErrorOf([&] { WriteReport(options); }).kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(options.out), "mine");
}

TEST_F(WriteReportTest, NothingOfARunIsReplacedByItsReport) {
  ReportOptions options = Options();
  options.if_exists = IfExists::kReplace;
  const std::string before = ReadText(run_ / "results.json");
  for (const char* name : {"results.json", "latency-new.json", "ptq.ei8"}) {
    options.out = run_ / name;
    EXPECT_EQ(ErrorOf([&] { WriteReport(options); }).kind(), ErrorKind::kUsage)
        << name;
  }
  EXPECT_EQ(ReadText(run_ / "results.json"), before);
  options.out = run_ / "report.html";
  EXPECT_NO_THROW(WriteReport(options));
}

TEST_F(WriteReportTest, APageIsNotOneOfItsPictures) {
  ReportOptions options = Options();
  options.svg = out_ / "svg";
  options.out = out_ / "svg/ladder.svg";
  EXPECT_EQ(ErrorOf([&] { WriteReport(options); }).kind(), ErrorKind::kUsage);
  EXPECT_TRUE(out_.List().empty());
}

TEST_F(WriteReportTest, AnotherFolderThatIsNoRunLeavesNothing) {
  ReportOptions options = Options();
  options.runs.push_back(out_.path());
  EXPECT_EQ(ErrorOf([&] { WriteReport(options); }).kind(),
            ErrorKind::kBadInput);
  EXPECT_FALSE(std::filesystem::exists(options.out));
}

TEST_F(WriteReportTest, NothingRunsInAStaticPage) {
  ReportOptions options = Options();
  options.scripts = false;
  const WrittenReport written = WriteReport(options);
  EXPECT_LT(written.page_bytes, 300'000u);
  const std::string page = ReadText(options.out);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("script-src &#39;none&#39;"), std::string::npos);
  EXPECT_EQ(page.find("id=\"player\""), std::string::npos);
}

TEST(ReportCommand, CanBeTypedAgain) {
  ReportOptions options;
  options.runs = {"a b", "c"};
  options.out = "out.html";
  options.scripts = false;
  EXPECT_EQ(ReportCommand(options),
            "edge-int8 report 'a b' c --out out.html --static --force");
}

}  // namespace
}  // namespace edge_int8
