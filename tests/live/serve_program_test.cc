// The verb `serve` as a browser meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/cli/run_program.h"
#include "tests/live/board_lines.h"
#include "tests/live/web_client.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(ServeProgram, ServesThePageAndPoses) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  const TempFolder folder;
  WriteBoardModel(folder / "board.ei8");
  folder.Write("page.html", "<p>the page</p>");
  folder.Write("csi.csv", Joined(BoardLines(1000)));
  const std::string command = fmt::format(
      "exec timeout -s INT 20 '{}' serve --model '{}' --source 'file:{}' "
      "--speed 4 --rate 100 --listen 127.0.0.1:0 --page '{}' 2>'{}'",
      EDGE_INT8_PROGRAM, (folder / "board.ei8").string(),
      (folder / "csi.csv").string(), (folder / "page.html").string(),
      (folder / "err").string());
  std::FILE* const program = popen(command.c_str(), "r");
  ASSERT_NE(program, nullptr);
  int port = 0;
  ASSERT_EQ(fscanf(program, "open http://127.0.0.1:%d/", &port), 1);
  EXPECT_THAT(WebClient(port).Get("/live"), HasSubstr("the page"));
  {
    WebClient client(port);
    ASSERT_TRUE(client.Upgrade());
    std::istringstream lines(client.Message());
    int csi = 0;
    for (std::string line; std::getline(lines, line);) {
      const auto json = ParseJson(line);
      if (json.contains("csi")) {
        EXPECT_EQ(json["csi"].size(), std::size_t{kBoardSubcarriers});
        ++csi;
      } else {
        EXPECT_EQ(json["pose"].size(), 3u);
        EXPECT_TRUE(json.contains("latency_ms"));
      }
    }
    EXPECT_EQ(csi, 2);  // the hop
  }
  EXPECT_EQ(pclose(program), 0);  // the file's end
  EXPECT_THAT(ReadText(folder / "err"), HasSubstr("1 clients"));
}

TEST(ServeProgram, NeedsATokenBeyondThisMachine) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  const TempFolder folder;
  WriteBoardModel(folder / "board.ei8");
  const std::vector<std::string> open = {
      "serve",    "--model", (folder / "board.ei8").string(),
      "--source", "file:-",  "--listen",
      "0.0.0.0:0"};
  EXPECT_THAT(UsageError(open), HasSubstr("--token"));
  std::vector<std::string> weak = open;
  weak.insert(weak.end(), {"--token", "secret"});
  EXPECT_THAT(UsageError(weak), HasSubstr("16 to 128"));
}

// Any site's page can be one without an origin, in a frame of its own.
TEST(ServeProgram, NeedsATokenForPagesWithoutAnOrigin) {
  if (!EDGE_INT8_HAVE_BOOST) GTEST_SKIP() << "this build has no Boost";
  const TempFolder folder;
  WriteBoardModel(folder / "board.ei8");
  const ProgramResult result = RunProgram(
      {"serve", "--model", (folder / "board.ei8").string(), "--source",
       "file:-", "--listen", "127.0.0.1:0", "--allow-origin", "null"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--allow-origin null needs --token"));
}

}  // namespace
}  // namespace edge_int8
