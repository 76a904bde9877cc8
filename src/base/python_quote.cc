#include "src/base/python_quote.h"

#include <fmt/format.h>

#include "src/base/shell_quote.h"
#include "src/base/utf8.h"

namespace edge_int8 {

std::string PythonQuote(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = ReadUtf8(text, at);
    const std::string_view bytes = text.substr(at, point.bytes);
    at += point.bytes;
    if (!point.valid) {  // Python's surrogateescape
      quoted +=
          fmt::format("\\udc{:02x}", static_cast<unsigned char>(bytes[0]));
    } else if (point.value == '"' || point.value == '\\') {
      quoted += fmt::format("\\{}", bytes);
    } else if (point.value == '\'') {
      quoted += "\\x27";
    } else if (IsInvisible(point.value)) {
      quoted += fmt::format("\\U{:08x}", static_cast<uint32_t>(point.value));
    } else {
      quoted += bytes;
    }
  }
  return quoted + "\"";
}

std::string PythonCommand(std::string_view code) {
  return "python3 -c " + ShellQuote(code);
}

}  // namespace edge_int8
