// Completion scripts of shells. Tested by help_test.cc, which runs bash's.
#ifndef EDGE_INT8_APPS_CLI_COMPLETION_H_
#define EDGE_INT8_APPS_CLI_COMPLETION_H_

#include <string>
#include <vector>

#include "apps/cli/command_outline.h"

namespace edge_int8 {

// Verbs and flags are completed, and file names where a flag takes a value.
std::string BashCompletion(const std::vector<VerbOutline>& outlines);
std::string ZshCompletion(const std::vector<VerbOutline>& outlines);
std::string FishCompletion(const std::vector<VerbOutline>& outlines);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_COMPLETION_H_
