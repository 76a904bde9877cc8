#include "src/report/markup.h"

#include "src/base/error.h"
#include "src/base/utf8.h"

namespace edge_int8 {

std::string EscapeText(std::string_view text) {
  std::string escaped;
  for (const char c : VisibleText(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string ScriptSafeJson(std::string json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

void Markup::Tag(std::string_view tag, Attributes attributes,
                 std::string_view end) {
  out_ += '<';
  out_ += tag;
  for (const auto& [name, value] : attributes) {
    if (value.empty()) continue;
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    out_ += EscapeText(value);
    out_ += '"';
  }
  out_ += end;
}

Markup& Markup::Open(std::string_view tag, Attributes attributes) {
  Tag(tag, attributes, ">");
  open_.emplace_back(tag);
  return *this;
}

Markup& Markup::Close() {
  Check(!open_.empty(), "nothing is open");
  out_ += "</" + open_.back() + ">";
  open_.pop_back();
  return *this;
}

Markup& Markup::Leaf(std::string_view tag, Attributes attributes) {
  Tag(tag, attributes, "/>");
  return *this;
}

Markup& Markup::Text(std::string_view text) {
  out_ += EscapeText(text);
  return *this;
}

Markup& Markup::Element(std::string_view tag, Attributes attributes,
                        std::string_view text) {
  return Open(tag, attributes).Text(text).Close();
}

Markup& Markup::Append(const std::string& markup) {
  out_ += markup;
  return *this;
}

std::string Markup::Take() {
  Check(open_.empty(), "an element is still open");
  return std::move(out_);
}

}  // namespace edge_int8
