// help, version, completion, man: what the program says of itself.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "apps/cli/command_outline.h"
#include "apps/cli/completion.h"
#include "apps/cli/man_page.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

const CLI::App& FindVerb(const CLI::App& app,
                         const std::vector<std::string>& names) {
  const CLI::App* verb = &app;
  for (const std::string& name : names) {
    try {
      verb = verb->get_subcommand(name);
    } catch (const CLI::OptionNotFound&) {
      FailUsage(fmt::format("there is no verb {} (edge-int8 --help)", name));
    }
  }
  return *verb;
}

void AddHelp(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("help", "The help of a verb");
  auto names = std::make_shared<std::vector<std::string>>();
  verb->add_option("VERB", *names, "The verb, \"dataset synth\" as two words");
  verb->footer("Example:\n  edge-int8 help quantize");
  verb->callback([&app, names] {
    const CLI::App& asked = FindVerb(app, *names);
    fmt::print("{}", app.get_formatter()->make_help(
                         &asked, "", CLI::AppFormatMode::Normal));
  });
}

void AddVersion(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("version", "Version, commit and compiler");
  verb->footer("Example:\n  edge-int8 version");
  verb->callback([] { fmt::print("{}\n", VersionText()); });
}

void AddCompletion(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("completion",
                                      "Print the completion script of a shell");
  auto shell = std::make_shared<std::string>();
  verb->add_option("SHELL", *shell, "bash, zsh or fish")->required();
  verb->footer("Example:\n  source <(edge-int8 completion bash)");
  verb->callback([&app, shell] {
    const std::vector<VerbOutline> outlines = OutlineCommands(app);
    if (*shell == "bash") {
      fmt::print("{}", BashCompletion(outlines));
    } else if (*shell == "zsh") {
      fmt::print("{}", ZshCompletion(outlines));
    } else if (*shell == "fish") {
      fmt::print("{}", FishCompletion(outlines));
    } else {
      FailUsage(
          fmt::format("completion: {} is none of bash, zsh, fish", *shell));
    }
  });
}

void AddMan(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("man", "Print the manual page (roff, section 1)");
  verb->footer("Example:\n  edge-int8 man | man -l -");
  verb->callback([&app] {
    fmt::print("{}",
               ManPage(OutlineCommands(app), std::string(VersionNumber())));
  });
}

}  // namespace

void AddSelfDescription(CLI::App& app) {
  AddHelp(app);
  AddVersion(app);
  AddCompletion(app);
  AddMan(app);
}

}  // namespace edge_int8
