// How --help is set: wrapped at words to 80 columns, types without CLI11's
// check expressions, and the flags of every verb listed with each verb. Tested
// by help_test.cc.
#ifndef EDGE_INT8_APPS_CLI_HELP_FORMATTER_H_
#define EDGE_INT8_APPS_CLI_HELP_FORMATTER_H_

#include <CLI/CLI.hpp>
#include <string>

namespace edge_int8 {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_option(const CLI::Option* option,
                          bool is_positional) const override;
  std::string make_subcommand(const CLI::App* verb) const override;
  std::string make_description(const CLI::App* app) const override;
};

// An option's argument as one would type it: "N", "X", "TEXT", empty for a
// plain flag.
std::string ArgumentName(const CLI::Option& option);

// The description with the range and the default that CLI11 knows of.
std::string FullDescription(const CLI::Option& option);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_HELP_FORMATTER_H_
