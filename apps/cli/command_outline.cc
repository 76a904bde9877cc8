#include "apps/cli/command_outline.h"

#include "apps/cli/help_formatter.h"

namespace edge_int8 {
namespace {

void Outline(const CLI::App& app, const std::string& name,
             std::vector<VerbOutline>* outlines) {
  VerbOutline verb{name, app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& long_name : option->get_lnames()) {
      verb.flags.push_back({"--" + long_name, ArgumentName(*option),
                            FullDescription(*option), option->get_required()});
    }
  }
  const std::vector<const CLI::App*> below =
      app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* sub : below) verb.verbs.push_back(sub->get_name());
  outlines->push_back(std::move(verb));
  for (const CLI::App* sub : below) {
    Outline(*sub, name.empty() ? sub->get_name() : name + " " + sub->get_name(),
            outlines);
  }
}

}  // namespace

std::vector<VerbOutline> OutlineCommands(const CLI::App& app) {
  std::vector<VerbOutline> outlines;
  Outline(app, "", &outlines);
  return outlines;
}

}  // namespace edge_int8
