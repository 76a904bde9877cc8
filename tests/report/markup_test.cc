#include "src/report/markup.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

TEST(Markup, BuildsNestedElements) {
  Markup page;
  page.Open("p", {{"class", "note"}}).Text("a").Leaf("br");
  page.Element("b", {}, "bold").Close();
  EXPECT_EQ(page.Take(), "<p class=\"note\">a<br/><b>bold</b></p>");
}

TEST(Markup, NoTextBecomesMarkup) {
  Markup page;
  page.Element("p", {{"title", "\"'><script>"}}, "</p><script>&\n");
  EXPECT_EQ(page.Take(),
            "<p title=\"&quot;&#39;&gt;&lt;script&gt;\">&lt;/p&gt;&lt;script"
            "&gt;&amp;␊</p>");
}

TEST(Markup, RefusesWhatIsNotClosed) {
  Markup page;
  page.Open("p");
  EXPECT_EQ(ErrorOf([&] { page.Take(); }).kind(), ErrorKind::kInternal);
}

TEST(ScriptSafeJson, CanNotEndItsElementAndReadsBackTheSame) {
  const nlohmann::json value = {{"a", "</script><!-- & ]]>"}};
  const std::string safe = ScriptSafeJson(value.dump());
  EXPECT_EQ(safe.find_first_of("<>&"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(safe), value);
}

}  // namespace
}  // namespace edge_int8
