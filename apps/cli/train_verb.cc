// edge-int8 train: hands over to edge-int8-train, the program that links
// LibTorch, so that this one need not.

#include <string>
#include <vector>

#include "apps/cli/trainer_program.h"
#include "apps/cli/verbs.h"

namespace edge_int8 {

void AddTrain(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "train", "Train a network in float (needs LibTorch; see train --help)");
  // Every flag is the trainer's, --help too.
  verb->set_help_flag();
  verb->prefix_command();
  verb->fallthrough(false);
  verb->callback([verb] {
    std::vector<std::string> arguments = {"train"};
    for (const std::string& argument : verb->remaining()) {
      arguments.push_back(argument);
    }
    RunTrainer(arguments);
  });
}

}  // namespace edge_int8
