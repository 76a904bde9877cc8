// edge-int8 export: an artifact in another form. One sub-subcommand per form.
#include <fmt/format.h>

#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/file_size.h"
#include "src/base/sha256.h"
#include "src/export/c/c_project.h"
#include "src/export/c/c_text.h"
#include "src/export/onnx/onnx_float.h"
#include "src/export/onnx/onnx_qdq.h"
#include "src/export/real_scales.h"
#include "src/export/tflite/tflite_model.h"
#include "src/graph/fold_norms.h"
#include "src/nets/network_file.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct CFlags {
  std::filesystem::path model;
  std::filesystem::path out;
  std::string name;
  std::string target = "generic";
  JsonFlag json;
  ForceFlag force;
};

void ExportC(const CFlags& flags) {
  VerbFiles()
      .Reads("--model", flags.model)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  COptions options;
  options.name =
      flags.name.empty() ? CNameFrom(flags.model.stem().string()) : flags.name;
  options.artifact_sha256 = Sha256File(flags.model);
  options.target = FindCTarget(flags.target).value();
  const CProject project = MakeCProject(ReadArtifactFile(flags.model), options);
  WriteCProject(project, flags.out, flags.force.if_exists());
  ReportMade(flags.json, flags.force,
             {flags.out,
              fmt::format("wrote {}: {} files, functions edge_int8_{}_..., "
                          "arena {} bytes",
                          flags.out.string(), project.files.size(),
                          options.name, project.arena_bytes),
              {{"files", project.files.size()},
               {"name", options.name},
               {"target", flags.target},
               {"arena_bytes", project.arena_bytes}}});
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
  form->add_option("--target", flags->target,
                   CTargetList() + ": kernels for a processor, the same bits")
      ->check(CLI::IsMember(CTargetNames()))
      ->capture_default_str();
  AddJsonFlag(*form, flags->json);
  AddForceFlag(*form, flags->force);
  form->footer("Example:\n  edge-int8 export c --model half.ei8 --out half_c");
  form->callback([flags] { ExportC(*flags); });
}

// Flags of the forms that are one file.
struct FileFlags {
  std::filesystem::path model;
  std::filesystem::path out;
  NetworkOptions network;
  JsonFlag json;
  ForceFlag force;
};

void CheckFiles(const FileFlags& flags) {
  VerbFiles()
      .Reads("--model", flags.model)
      .Writes("--out", flags.out)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
}

void WriteAndReport(const FileFlags& flags, std::string_view bytes,
                    std::string_view what) {
  WriteFile(flags.out, bytes, flags.force.if_exists());
  ReportMade(flags.json, flags.force,
             {flags.out,
              fmt::format("wrote {}: {}, {:.3f} MiB", flags.out.string(), what,
                          Mib(bytes.size())),
              {{"what", what}}});
}

void ExportOnnx(const FileFlags& flags) {
  CheckFiles(flags);
  const Model folded = FoldBatchNorms(LoadNetwork(flags.model, flags.network));
  WriteAndReport(flags, OnnxFloatModel(folded, Sha256File(flags.model)),
                 fmt::format("float ONNX, opset {}", kOnnxFloatOpset));
}

std::shared_ptr<FileFlags> AddFileForm(CLI::App* form, const char* model,
                                       const char* out) {
  const auto flags = std::make_shared<FileFlags>();
  form->add_option("--model", flags->model, model)->required();
  form->add_option("--out", flags->out, out)->required();
  AddJsonFlag(*form, flags->json);
  AddForceFlag(*form, flags->force);
  return flags;
}

void AddExportOnnx(CLI::App& verb) {
  CLI::App* form = verb.add_subcommand(
      "onnx", "A checkpoint as float ONNX, opset 17, any batch");
  const auto flags =
      AddFileForm(form, "A .pth or .onnx file", "The .onnx file to write");
  AddNetworkFlags(*form, flags->network);
  form->footer(
      "Example:\n  edge-int8 export onnx --model half.pth --out half.onnx");
  form->callback([flags] { ExportOnnx(*flags); });
}

// Says whether the scales behind the tables were found to the last entry.
void ReportScales(const FileFlags& flags, const RealScales& scales) {
  if (!scales.recovered || flags.json.to_stdout()) return;
  fmt::print("scales of {} activation tables: {} of {} entries reproduced\n",
             scales.tables, scales.entries - scales.wrong_entries,
             scales.entries);
}

void ExportQdq(const FileFlags& flags) {
  CheckFiles(flags);
  const core::Artifact artifact = ReadArtifactFile(flags.model);
  const RealScales scales = FindRealScales(artifact.graph);
  WriteAndReport(flags,
                 OnnxQdqModel(artifact.graph, scales, Sha256File(flags.model)),
                 fmt::format("QDQ ONNX, opset {}", kOnnxQdqOpset));
  ReportScales(flags, scales);
}

void AddExportQdq(CLI::App& verb) {
  CLI::App* form = verb.add_subcommand(
      "onnx-qdq", "An artifact as ONNX with Quantize/DequantizeLinear");
  const auto flags =
      AddFileForm(form, "An .ei8 file", "The .onnx file to write");
  form->footer(
      "Example:\n  edge-int8 export onnx-qdq --model half.ei8 --out "
      "half_qdq.onnx");
  form->callback([flags] { ExportQdq(*flags); });
}

void ExportTflite(const FileFlags& flags, bool split_groups) {
  CheckFiles(flags);
  const core::Artifact artifact = ReadArtifactFile(flags.model);
  const RealScales scales = FindRealScales(artifact.graph);
  TfliteOptions options;
  options.split_groups = split_groups;
  options.description =
      fmt::format("edge-int8, artifact {}", Sha256File(flags.model));
  const TfliteModel model = MakeTfliteModel(artifact.graph, scales, options);
  WriteAndReport(
      flags, model.bytes,
      fmt::format("full-integer TFLite, {} operators", model.operators));
  ReportScales(flags, scales);
}

void AddExportTflite(CLI::App& verb) {
  CLI::App* form = verb.add_subcommand(
      "tflite", "An artifact as full-integer TFLite, batch 1");
  const auto flags =
      AddFileForm(form, "An .ei8 file", "The .tflite file to write");
  const auto split_groups = std::make_shared<bool>(false);
  form->add_flag("--split-groups", *split_groups,
                 "One CONV_2D per group, for backends without grouped ones");
  form->footer(
      "Example:\n  edge-int8 export tflite --model half.ei8 --out "
      "half.tflite");
  form->callback(
      [flags, split_groups] { ExportTflite(*flags, *split_groups); });
}

}  // namespace

void AddExport(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("export", "Write a model in another form");
  verb->require_subcommand(1);
  verb->footer(
      "Example:\n  edge-int8 export onnx --model half.pth --out half.onnx");
  AddExportOnnx(*verb);
  AddExportQdq(*verb);
  AddExportTflite(*verb);
  AddExportC(*verb);
}

}  // namespace edge_int8
