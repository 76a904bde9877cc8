#include "src/report/page_shell.h"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <vector>

#include "src/base/base64.h"
#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/report/page_files.h"

namespace edge_int8 {
namespace {

// In this order; each may use what stands before it.
constexpr std::string_view kScripts[] = {"page.js", "tables.js", "charts.js",
                                         "player.js"};
constexpr std::string_view kStyles[] = {"page.css", "tables.css", "charts.css",
                                        "player.css"};

}  // namespace

std::string HashSource(const std::string& text) {
  const std::string hex = Sha256(std::as_bytes(std::span(text)));
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return fmt::format("'sha256-{}'", Base64(bytes));
}

PageScripts AllScripts(bool wanted) {
  // What runs is listed by hash: had a text become markup after all, it could
  // neither run nor fetch anything.
  const std::string policy =
      "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
      "script-src ";
  if (!wanted) return {"", policy + "'none'"};
  std::string script = "\"use strict\";\n(() => {\n";
  for (const std::string_view name : kScripts) {
    script += PageFiles().at(std::string(name));
  }
  script += "})();\n";
  Check(script.find("</script") == std::string::npos &&
            script.find("<!--") == std::string::npos,
        "a script would end its element");
  return {"<script>" + script + "</script>\n", policy + HashSource(script)};
}

std::string AllStyles() {
  std::string styles;
  for (const std::string_view name : kStyles) {
    styles += PageFiles().at(std::string(name));
  }
  return styles;
}

std::string FillTemplate(const std::string& text,
                         const std::map<std::string, std::string>& slots) {
  std::string filled;
  std::size_t at = 0;
  for (std::size_t open = text.find("{{"); open != std::string::npos;
       open = text.find("{{", at)) {
    const std::size_t close = text.find("}}", open);
    Check(close != std::string::npos, "a slot is not closed");
    filled += text.substr(at, open - at);
    filled += slots.at(text.substr(open + 2, close - open - 2));
    at = close + 2;
  }
  return filled + text.substr(at);
}

}  // namespace edge_int8
