// edge-int8 export: an artifact in another form. One sub-subcommand per form.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/sha256.h"
#include "src/export/c_project.h"
#include "src/export/c_text.h"
#include "src/quant/artifact_file.h"

namespace edge_int8 {
namespace {

struct CFlags {
  std::filesystem::path model;
  std::filesystem::path out;
  std::string name;
  ForceFlag force;
};

void ExportC(const CFlags& flags) {
  COptions options;
  options.name =
      flags.name.empty() ? CNameFrom(flags.model.stem().string()) : flags.name;
  options.artifact_sha256 = Sha256File(flags.model);
  const CProject project = MakeCProject(ReadArtifactFile(flags.model), options);
  WriteCProject(project, flags.out, flags.force.if_exists());
  fmt::print("wrote {}: {} files, functions edge_int8_{}_..., arena {} bytes\n",
             flags.out.string(), project.files.size(), options.name,
             project.arena_bytes);
}

void AddExportC(CLI::App& verb) {
  CLI::App* form = verb.add_subcommand(
      "c", "A folder of plain C99 for microcontrollers, bit-equal");
  const auto flags = std::make_shared<CFlags>();
  form->add_option("--model", flags->model, "An .ei8 file")->required();
  form->add_option("--out", flags->out, "Folder to write")->required();
  form->add_option("--name", flags->name,
                   "Functions are edge_int8_<name>_...; the file's name by "
                   "default");
  AddForceFlag(*form, flags->force);
  form->footer("Example:\n  edge-int8 export c --model half.ei8 --out half_c");
  form->callback([flags] { ExportC(*flags); });
}

}  // namespace

void AddExport(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("export", "Write an artifact in another form");
  verb->require_subcommand(1);
  AddExportC(*verb);
}

}  // namespace edge_int8
