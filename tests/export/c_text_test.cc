#include "src/export/c/c_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace edge_int8 {
namespace {

TEST(CText, NamesAreLowerCaseIdentifierParts) {
  EXPECT_TRUE(IsCName("half_8bit"));
  EXPECT_TRUE(IsCName("8bit"));  // A prefix comes before it.
  EXPECT_FALSE(IsCName(""));
  EXPECT_FALSE(IsCName("Half"));
  EXPECT_FALSE(IsCName("half-8"));
  EXPECT_FALSE(IsCName("h\xc3\xa4lf"));
  EXPECT_TRUE(IsCName(std::string(40, 'a')));
  EXPECT_FALSE(IsCName(std::string(41, 'a')));
}

TEST(CText, AnyFileNameBecomesAName) {
  EXPECT_EQ(CNameFrom("Half v2.1"), "half_v2_1");
  EXPECT_EQ(CNameFrom(""), "model");
  EXPECT_EQ(CNameFrom("--"), "model");
  EXPECT_EQ(CNameFrom(std::string(60, 'x')), std::string(40, 'x'));
  EXPECT_TRUE(IsCName(CNameFrom("\xff\x00\n\"h\xc3\xa4lf")));
}

TEST(CText, PrefixReplacesTheTemplatesOwn) {
  EXPECT_EQ(WithPrefix("#include \"ei8.h\"\nint ei8_run(EI8_FRAMES);", "half"),
            "#include \"edge_int8_half.h\"\n"
            "int edge_int8_half_run(EDGE_INT8_HALF_FRAMES);");
  EXPECT_EQ(WithPrefix("ei8_ei8_run", "ei8_"),
            "edge_int8_ei8__edge_int8_ei8__run");
}

TEST(CText, ConditionsKeepOneBranchAndNoneOfTheirLines) {
  const std::string text =
      "a\n#ifdef EI8_FRAMES\nb\n#else\nc\n#endif\n#ifndef GUARD\nd\n"
      "#endif\n#ifdef EI8_WIDENS\ne\n#endif\nf";
  EXPECT_EQ(WithConditions(text, {"EI8_FRAMES"}),
            "a\nb\n#ifndef GUARD\nd\n#endif\nf");
  EXPECT_EQ(WithConditions(text, {"EI8_WIDENS"}),
            "a\nc\n#ifndef GUARD\nd\n#endif\ne\nf");
}

// A backslash would take the next line into the comment.
TEST(CText, CommentsEndWithTheirLine) {
  EXPECT_EQ(CComment("a\\b\?\?/"), "a/b../");
}

TEST(CText, ArraysWrapBelow80Columns) {
  const std::vector<int64_t> values(100, -123);
  const std::string text = CArray("int16_t", "t", values);
  EXPECT_EQ(text.find("static const int16_t t[100] = {\n"), 0u);
  std::size_t items = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    EXPECT_LE(end - begin, 80u);
    begin = end + 1;
  }
  for (const char c : text) items += c == ',' ? 1u : 0u;
  EXPECT_EQ(items, values.size());
}

// -2147483648 is a long in C, minus applied to a number that fits no int.
TEST(CText, TheLowestInt32HasItsOwnForm) {
  const std::vector<int64_t> lowest = {std::numeric_limits<int32_t>::min()};
  EXPECT_EQ(CArray("int32_t", "t", lowest),
            "static const int32_t t[1] = {\n    (-2147483647 - 1),\n};\n");
}

}  // namespace
}  // namespace edge_int8
