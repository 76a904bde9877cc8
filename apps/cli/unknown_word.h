// What to say of a word that no verb takes. The parser reports what is missing
// before what is too much, and so answers "evalute" with "a subcommand is
// required". Tested by unknown_word_test.cc.
#ifndef EDGE_INT8_APPS_CLI_UNKNOWN_WORD_H_
#define EDGE_INT8_APPS_CLI_UNKNOWN_WORD_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// After a failed parse: the first word it could not place, with the nearest
// name if one is near; nothing when every word had its place.
std::optional<std::string> DescribeUnknownWord(const CLI::App& app);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_UNKNOWN_WORD_H_
