#include "src/report/page_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::Not;

PageTable ThingsTable() {
  PageTable table;
  table.name = "things";
  table.style = "scores";
  table.columns = {{"thing", Align::kLeft, "its name"},
                   {"few", Align::kRight, "asked for by few"},
                   {"points", Align::kRight, "gained"}};
  table.extra = {false, true, false};
  return table;
}

std::string HtmlOf(const PageTable& table) {
  Markup page;
  AddTable(table, page);
  return page.Take();
}

TEST(PageTable, CellsKnowTheirColumnWhereHeadsAreNotSeen) {
  PageTable table = ThingsTable();
  table.AddCells({{"a"}, {"1"}, {"2", Style::kBad}}, 3);
  const std::string html = HtmlOf(table);
  EXPECT_THAT(html, HasSubstr("title=\"its name\">thing</th>"));
  EXPECT_THAT(html, HasSubstr("<span class=\"swatch s3\"></span>"));
  EXPECT_THAT(html,
              HasSubstr("<td class=\"num bad\" data-label=\"points\">2</td>"));
  EXPECT_THAT(html, Not(HasSubstr("class=\"sort\"")));
}

TEST(PageTable, WhatFewAskForWaits) {
  PageTable table = ThingsTable();
  table.AddCells({{"a"}, {"1"}, {"2"}});
  EXPECT_THAT(HtmlOf(table), HasSubstr("class=\"more\""));
  EXPECT_THAT(HtmlOf(table), HasSubstr("<td class=\"num extra\""));
  table.extra = {};
  EXPECT_THAT(HtmlOf(table), Not(HasSubstr("class=\"more\"")));
}

TEST(PageTable, HeatAndBarsAreOfTheirScale) {
  PageTable table = ThingsTable();
  PageRow row;
  row.cells = {{{"a"}}, {{"-"}}, {{"-0.5"}, -0.5, -0.25}};
  table.rows = {row};
  table.sorts = true;
  std::string html = HtmlOf(table);
  EXPECT_THAT(html, HasSubstr("class=\"num heat lost\""));
  EXPECT_THAT(html, HasSubstr("data-value=\"-0.500000\""));
  EXPECT_THAT(html, HasSubstr("style=\"--heat:0.500\""));
  EXPECT_THAT(html, HasSubstr("class=\"num extra none\""));
  EXPECT_THAT(html, HasSubstr("class=\"sort\">points</button>"));
  table.rows[0].cells[2].heat.reset();
  table.rows[0].cells[2].bar = 2;
  EXPECT_THAT(HtmlOf(table), HasSubstr("style=\"--bar:100.0%\""));
}

TEST(PageTable, NamesAreTextAndCutInTheMiddle) {
  PageTable table = ThingsTable();
  table.AddCells({{"<b>" + std::string(200, 'x')}, {"1"}, {"2"}});
  const std::string html = HtmlOf(table);
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, HasSubstr("\u2026"));
  EXPECT_THAT(html, HasSubstr("title=\"&lt;b&gt;" + std::string(200, 'x')));
}

TEST(PageTable, ASectionIsALineOfItsOwn) {
  PageTable table = ThingsTable();
  PageRow line;
  line.section = true;
  line.cells = {{{"trained"}}};
  table.rows = {line};
  EXPECT_THAT(HtmlOf(table),
              HasSubstr("<tr class=\"section\"><th colspan=\"3\" "
                        "class=\"left\">trained</th></tr>"));
}

}  // namespace
}  // namespace edge_int8
