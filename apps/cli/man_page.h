// The manual page, from the same definitions as --help. Tested by
// help_test.cc.
#ifndef EDGE_INT8_APPS_CLI_MAN_PAGE_H_
#define EDGE_INT8_APPS_CLI_MAN_PAGE_H_

#include <string>
#include <vector>

#include "apps/cli/command_outline.h"

namespace edge_int8 {

// roff with the man macros, section 1.
std::string ManPage(const std::vector<VerbOutline>& outlines,
                    const std::string& version);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_MAN_PAGE_H_
