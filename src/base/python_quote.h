// Text as a Python string literal, so that a line of Python in a message can be
// pasted whatever names it holds. Tested by python_quote_test.cc, which lets
// Python read every byte back.
#ifndef EDGE_INT8_SRC_BASE_PYTHON_QUOTE_H_
#define EDGE_INT8_SRC_BASE_PYTHON_QUOTE_H_

#include <string>
#include <string_view>

namespace edge_int8 {

// "..." on one line, without an apostrophe in it: a shell's '...' around the
// whole line stays as it is. Bytes that are not UTF-8 become what os.fsencode
// turns back into them.
std::string PythonQuote(std::string_view text);

// python3 -c '...' for this code; quote the names in it by PythonQuote.
std::string PythonCommand(std::string_view code);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_PYTHON_QUOTE_H_
