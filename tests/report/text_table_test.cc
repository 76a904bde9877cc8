#include "src/report/text_table.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
  TextTable table({{"model", Align::kLeft}, {"MiB"}, {"note", Align::kLeft}});
  table.AddRow({{"fp32"}, {"3.351"}, {"-"}});
  table.AddRow({{"int8 static"}, {"0.8"}, {"x"}});
  EXPECT_EQ(table.Render(),
            "model          MiB  note\n"
            "fp32         3.351  -\n"
            "int8 static    0.8  x\n");
}

TEST(TextTable, CountsDisplayColumnsAndNotBytes) {
  TextTable table({{"Δ", Align::kLeft}, {"n"}});
  table.AddRow({{"日本"}, {"1"}});
  table.AddRow({{"é"}, {"22"}});
  EXPECT_EQ(table.Render(),
            "Δ      n\n"
            "日本   1\n"
            "é     22\n");
}

TEST(TextTable, SectionsStandAboveTheirRowsAndWidenNothing) {
  TextTable table({{"a", Align::kLeft}, {"b"}});
  table.AddRow({{"x"}, {"1"}});
  table.AddSection("a long title of what follows");
  table.AddRow({{"y"}, {"2"}});
  EXPECT_EQ(table.Render(),
            "a  b\n"
            "x  1\n"
            "a long title of what follows\n"
            "y  2\n");
}

TEST(TextTable, LeavesNoSpacesAtTheEndOfALine) {
  TextTable table({{"a", Align::kLeft}, {"b"}, {"long", Align::kLeft}});
  table.AddRow({{"x"}, {""}, {""}});
  table.AddRow({{""}, {"1"}, {""}});
  EXPECT_EQ(table.Render(),
            "a  b  long\n"
            "x\n"
            "   1\n");
}

TEST(TextTable, WithoutRowsIsItsHeader) {
  EXPECT_EQ(TextTable({{"a"}, {"b"}}).Render(), "a  b\n");
}

std::string WithoutEscapes(std::string text) {
  for (auto at = text.find('\x1b'); at != std::string::npos;
       at = text.find('\x1b')) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

TEST(TextTable, ColourAddsOnlyEscapeSequences) {
  TextTable table({{"model", Align::kLeft}, {"delta"}});
  table.AddSection("closed");
  table.AddRow({{"good", Style::kGood}, {"+1", Style::kBad}});
  table.AddRow({{"dim", Style::kDim}, {"0"}});
  const std::string coloured = table.Render(Colour::kOn);
  EXPECT_EQ(coloured,
            "\x1b[1mmodel\x1b[0m  \x1b[1mdelta\x1b[0m\n"
            "\x1b[1mclosed\x1b[0m\n"
            "\x1b[32mgood\x1b[0m      \x1b[31m+1\x1b[0m\n"
            "\x1b[2mdim\x1b[0m        0\n");
  EXPECT_EQ(WithoutEscapes(coloured), table.Render());
}

TEST(TextTable, DefusesControlCharacters) {
  TextTable table({{"file", Align::kLeft}});
  table.AddRow({{"a\x1b[2Jb\nc\td\x7f"}});
  table.AddSection("s\rt");
  EXPECT_EQ(table.Render(), "file\na?[2Jb?c?d?\ns?t\n");
}

TEST(TextTable, SurvivesBytesThatAreNotUtf8) {
  TextTable table({{"file", Align::kLeft}, {"n"}});
  table.AddRow({{"a\xff\xfe"}, {"1"}});
  EXPECT_EQ(table.Render(), "file  n\na\xff\xfe   1\n");
}

TEST(TextTable, ARowOfAnotherWidthIsABug) {
  TextTable table({{"a"}, {"b"}});
  EXPECT_EQ(ErrorOf([&] { table.AddRow({{"only one"}}); }).kind(),
            ErrorKind::kInternal);
}

TEST(DisplayWidth, OfNothingIsZero) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("a"), 1u);
}

TEST(Colour, NeedsATerminalThatWantsIt) {
  EXPECT_EQ(ChooseColour(true, nullptr, "xterm"), Colour::kOn);
  EXPECT_EQ(ChooseColour(true, "", "xterm"), Colour::kOn);
  EXPECT_EQ(ChooseColour(true, "1", "xterm"), Colour::kOff);
  EXPECT_EQ(ChooseColour(true, nullptr, "dumb"), Colour::kOff);
  EXPECT_EQ(ChooseColour(true, nullptr, nullptr), Colour::kOff);
  EXPECT_EQ(ChooseColour(false, nullptr, "xterm"), Colour::kOff);
}

}  // namespace
}  // namespace edge_int8
