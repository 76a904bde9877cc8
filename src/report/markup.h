// Builds HTML and SVG so that no text can become markup: names and paths come
// from files of unknown origin. Tested by markup_test.cc.
//
// Text and attribute values go through VisibleText (base/utf8.h) and are
// escaped; tags and attribute names are the program's own.
#ifndef EDGE_INT8_SRC_REPORT_MARKUP_H_
#define EDGE_INT8_SRC_REPORT_MARKUP_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edge_int8 {

class Markup {
 public:
  using Attributes =
      std::initializer_list<std::pair<std::string_view, std::string>>;

  // An attribute without a value says nothing and is left out.
  Markup& Open(std::string_view tag, Attributes attributes = {});
  Markup& Close();  // the innermost open element
  // Without content: <line .../>, <br/>.
  Markup& Leaf(std::string_view tag, Attributes attributes = {});
  Markup& Text(std::string_view text);
  // Open, Text, Close.
  Markup& Element(std::string_view tag, Attributes attributes,
                  std::string_view text);
  // Another Markup's finished content.
  Markup& Append(const std::string& markup);

  // Check()s that every element is closed.
  std::string Take();

 private:
  void Tag(std::string_view tag, Attributes attributes, std::string_view end);

  std::string out_;
  std::vector<std::string> open_;
};

// `text` with &, <, >, " and ' as references, after VisibleText.
std::string EscapeText(std::string_view text);

// JSON that can stand in a <script type="application/json">: '<', '>' and '&'
// are \u escapes, so neither "</script>" nor "<!--" can occur.
std::string ScriptSafeJson(std::string json);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_REPORT_MARKUP_H_
