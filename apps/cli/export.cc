// edge-int8 export: an artifact in another form. One sub-subcommand per form.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/sha256.h"
#include "src/export/c_project.h"
#include "src/export/c_text.h"
#include "src/export/onnx_float.h"
#include "src/model/checkpoint.h"
#include "src/model/fold_norms.h"
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

// Flags of the forms that are one file.
struct FileFlags {
  std::filesystem::path model;
  std::filesystem::path out;
  std::string variant;
  ForceFlag force;
};

void ReportFile(const std::filesystem::path& path, std::string_view what) {
  fmt::print("wrote {}: {}, {:.3f} MiB\n", path.string(), what,
             static_cast<double>(std::filesystem::file_size(path)) / 1048576);
}

void ExportOnnx(const FileFlags& flags) {
  CheckOutputPath(flags.out, flags.force.if_exists());
  CheckNotAnInput(flags.out, {flags.model});
  const auto variant = flags.variant.empty()
                           ? std::nullopt
                           : std::optional<std::string>(flags.variant);
  const Model folded = FoldBatchNorms(LoadCheckpoint(flags.model, variant));
  WriteFile(flags.out, OnnxFloatModel(folded, Sha256File(flags.model)),
            flags.force.if_exists());
  ReportFile(flags.out, fmt::format("float ONNX, opset {}", kOnnxFloatOpset));
}

std::shared_ptr<FileFlags> AddFileForm(CLI::App* form, const char* model,
                                       const char* out) {
  const auto flags = std::make_shared<FileFlags>();
  form->add_option("--model", flags->model, model)->required();
  form->add_option("--out", flags->out, out)->required();
  AddForceFlag(*form, flags->force);
  return flags;
}

void AddExportOnnx(CLI::App& verb) {
  CLI::App* form = verb.add_subcommand(
      "onnx", "A checkpoint as float ONNX, opset 17, any batch");
  const auto flags =
      AddFileForm(form, "A .pth checkpoint", "The .onnx file to write");
  form->add_option("--variant", flags->variant,
                   "Override recognition of the checkpoint's network");
  form->footer(
      "Example:\n  edge-int8 export onnx --model half.pth --out half.onnx");
  form->callback([flags] { ExportOnnx(*flags); });
}

}  // namespace

void AddExport(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("export", "Write a model in another form");
  verb->require_subcommand(1);
  AddExportOnnx(*verb);
  AddExportC(*verb);
}

}  // namespace edge_int8
