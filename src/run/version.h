// What this program is: version, commit and compiler, as results carry them.
#ifndef EDGE_INT8_SRC_RUN_VERSION_H_
#define EDGE_INT8_SRC_RUN_VERSION_H_

#include <string_view>

namespace edge_int8 {

std::string_view VersionNumber();  // "0.1.0"
// The commit it was built from, "-dirty" appended when the tree was changed;
// "unknown" outside a git checkout.
std::string_view BuildCommit();
std::string_view CompilerText();  // "GNU 12.2.0 Release"
std::string_view VersionText();   // all three in a line

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_VERSION_H_
