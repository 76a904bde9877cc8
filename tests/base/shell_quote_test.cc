#include "src/base/shell_quote.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

TEST(ShellQuote, LeavesPlainArgumentsAlone) {
  EXPECT_EQ(ShellQuote("runs/a-1_b.pth"), "runs/a-1_b.pth");
  EXPECT_EQ(ShellQuote("--max-drop=0.5"), "--max-drop=0.5");
}

TEST(ShellQuote, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("my file"), "'my file'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote("$(reboot)"), "'$(reboot)'");
  EXPECT_EQ(ShellQuote("größe"), "'größe'");
}

TEST(ShellQuote, WritesWhatCanNotBeSeenAsNumbers) {
  EXPECT_EQ(ShellQuote("a\nb"), "$'a\\012b'");
  EXPECT_EQ(ShellQuote("\x1b[31m'\\"), "$'\\033[31m\\'\\\\'");
  EXPECT_EQ(ShellQuote("\xff"), "$'\\377'");
  // Turns the line around: U+202E.
  EXPECT_EQ(ShellQuote("\u202e"), "$'\\342\\200\\256'");
}

TEST(ShellQuote, AShellReadsEveryByteBack) {
  if (std::system("bash -c true") != 0) GTEST_SKIP() << "needs bash";
  std::string argument;
  for (int byte = 1; byte < 256; ++byte) {
    argument += static_cast<char>(byte);
  }
  argument +=
      "\x01"
      "7 '\\'' ü";  // A digit after a number, quotes.
  const TempFolder folder;
  const std::filesystem::path script = folder.Write(
      "script", "printf %s " + ShellQuote(argument) + " >\"$1\"\n");
  const std::string command = "LC_ALL=C bash '" + script.string() + "' '" +
                              (folder / "out").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(ReadText(folder / "out"), argument);
}

}  // namespace
}  // namespace edge_int8
