// The verbs and their flags as plain data, read from the parser's own
// definitions: what completions and the manual page are written from.
#ifndef EDGE_INT8_APPS_CLI_COMMAND_OUTLINE_H_
#define EDGE_INT8_APPS_CLI_COMMAND_OUTLINE_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace edge_int8 {

struct FlagOutline {
  std::string name;      // "--data"
  std::string argument;  // "N", "TEXT"; empty for a plain flag
  std::string text;
  bool required = false;
};

struct VerbOutline {
  std::string name;  // "dataset synth"; empty for the program itself
  std::string text;
  std::string footer;  // an example
  std::vector<FlagOutline> flags;
  std::vector<std::string> verbs;  // below it, by their own names
};

// The program first, then each verb followed by those below it.
std::vector<VerbOutline> OutlineCommands(const CLI::App& app);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_COMMAND_OUTLINE_H_
