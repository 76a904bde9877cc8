// What a classifier takes for what: a table for each model, in place of the
// player. Declared in page_parts.h. Tested by page_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "src/base/utf8.h"
#include "src/report/page_parts.h"
#include "src/report/score_table.h"

namespace edge_int8 {
namespace {

std::string ClassName(const ErrorReport& errors, std::size_t index) {
  if (errors.joint_names.empty()) return fmt::format("{}", index);
  return ShortenMiddle(VisibleText(errors.joint_names[index]), 24);
}

// Ten steps of shade by the share of its row; classes shade0 to shade9 of
// charts.css.
std::string ShadeOf(int64_t count, int64_t row) {
  if (row == 0) return "shade0";
  return fmt::format("shade{}", std::min<int64_t>(10 * count / row, 9));
}

void AddMatrix(const ErrorReport& errors, const ErrorCurve& model,
               Markup& page) {
  page.Open("figure", {{"class", "confusion"}});
  page.Element("h4", {}, ShortenMiddle(VisibleText(model.title), 60));
  page.Open("table", {}).Open("tbody");
  page.Open("tr");
  page.Element("th", {}, "truth \\ answer");
  for (std::size_t c = 0; c < model.confusion.size(); ++c) {
    page.Element("th", {{"scope", "col"}}, ClassName(errors, c));
  }
  page.Close();
  for (std::size_t r = 0; r < model.confusion.size(); ++r) {
    const std::vector<int64_t>& row = model.confusion[r];
    const int64_t sum = std::accumulate(row.begin(), row.end(), int64_t{0});
    page.Open("tr");
    page.Element("th", {{"scope", "row"}}, ClassName(errors, r));
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string shade = ShadeOf(row[c], sum) + (r == c ? " right" : "");
      page.Element("td", {{"class", shade}}, FormatCount(row[c]));
    }
    page.Close();
  }
  page.Close().Close();
  page.Element(
      "figcaption", {},
      fmt::format("Windows by true class (down) and answer (across); "
                  "{} split, {} subset, {} windows.",
                  errors.split, errors.subset, FormatCount(errors.windows)));
  page.Close();
}

}  // namespace

void AddConfusions(const ErrorReport& errors, Markup& page) {
  for (const ErrorCurve& model : errors.models) {
    if (!model.confusion.empty()) AddMatrix(errors, model, page);
  }
}

}  // namespace edge_int8
