// edge-int8 train: hands over to edge-int8-train, the program that links
// LibTorch, so that this one need not.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/trainer_program.h"
#include "apps/cli/verbs.h"

namespace edge_int8 {
namespace {

// As "NAME" or "NAME=VALUE".
bool Mentions(const std::vector<std::string>& arguments,
              std::string_view name) {
  return std::ranges::any_of(arguments, [&](std::string_view argument) {
    return argument.substr(0, argument.find('=')) == name;
  });
}

}  // namespace

void AddTrain(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "train", "Train a network in float (needs LibTorch; see train --help)");
  // Every flag is the trainer's, --help too.
  verb->set_help_flag();
  verb->prefix_command();
  verb->fallthrough(false);
  verb->callback([&app, verb] {
    std::vector<std::string> arguments = {"train"};
    // Before the verb it is this program's flag.
    const CLI::Option* threads = app.get_option("--threads");
    const std::vector<std::string> rest = verb->remaining();
    if (threads->count() > 0 && !Mentions(rest, "--threads")) {
      arguments.insert(arguments.end(), {"--threads", threads->results()[0]});
    }
    arguments.insert(arguments.end(), rest.begin(), rest.end());
    RunTrainer(arguments);
  });
}

}  // namespace edge_int8
