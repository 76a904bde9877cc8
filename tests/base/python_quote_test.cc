#include "src/base/python_quote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/run_command.h"

namespace edge_int8 {
namespace {

TEST(PythonQuote, IsOneLineWithoutAnApostrophe) {
  EXPECT_EQ(PythonQuote("half.pth"), "\"half.pth\"");
  EXPECT_EQ(PythonQuote("Anna's \"2nd\" run"), R"("Anna\x27s \"2nd\" run")");
  EXPECT_EQ(PythonQuote("a\\b\n"), R"("a\\b\U0000000a")");
  EXPECT_EQ(PythonQuote("caf\u00e9"), "\"caf\u00e9\"");
  EXPECT_EQ(PythonQuote("\xff"), R"("\udcff")");
}

// The whole way: through a shell, into Python, and back as bytes.
TEST(PythonQuote, LetsPythonReadEveryByteBack) {
  std::string every;
  for (int byte = 1; byte < 256; ++byte) every += static_cast<char>(byte);
  for (const std::string& text :
       {every,
        std::string("Anna's runs (2nd try)/\u6c34 $HOME `x` \"q\" \\")}) {
    const std::string command =
        PythonCommand("import os, sys; sys.stdout.buffer.write(os.fsencode(" +
                      PythonQuote(text) + "))");
    EXPECT_EQ(RunCommand("LC_ALL=C.UTF-8 " + command).output, text);
  }
}

}  // namespace
}  // namespace edge_int8
