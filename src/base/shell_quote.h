// One argument as a shell takes it back: what is not plain is quoted, so that a
// command line in a log or a report can be pasted whatever names it holds.
// Tested by shell_quote_test.cc, which lets a shell read every byte back.
#ifndef EDGE_INT8_SRC_BASE_SHELL_QUOTE_H_
#define EDGE_INT8_SRC_BASE_SHELL_QUOTE_H_

#include <string>
#include <string_view>

namespace edge_int8 {

// "half.pth" as it is, "my file" as 'my file', control characters and bytes
// that are not ASCII text in the $'...' form of bash, zsh and ksh. The result
// is one line of printable ASCII, except that valid UTF-8 stays as it is.
std::string ShellQuote(std::string_view argument);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_SHELL_QUOTE_H_
