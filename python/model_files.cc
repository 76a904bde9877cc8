#include "python/model_files.h"

#include "src/base/error.h"
#include "src/base/output_file.h"
#include "src/base/sha256.h"
#include "src/export/c/c_project.h"
#include "src/export/c/c_text.h"
#include "src/export/onnx/onnx_qdq.h"
#include "src/export/real_scales.h"
#include "src/export/tflite/tflite_model.h"
#include "src/qgraph/artifact_file.h"

namespace edge_int8::python {
namespace {

std::string FileBytes(const SharedModel& model, const std::string& form) {
  const core::IntegerGraph& graph = model.artifact().graph;
  const RealScales scales = FindRealScales(graph);
  const std::string sha256 = Sha256(model.Bytes());
  if (form == "onnx-qdq") return OnnxQdqModel(graph, scales, sha256);
  if (form == "tflite") {
    TfliteOptions options;
    options.description = "edge-int8, artifact " + sha256;
    return MakeTfliteModel(graph, scales, options).bytes;
  }
  FailUsage("export: form is '" + form + "', expected onnx-qdq or tflite");
}

}  // namespace

std::shared_ptr<SharedModel> ModelFromBytes(std::span<const std::byte> bytes) {
  return std::make_shared<SharedModel>(ReadArtifact(bytes, "bytes"));
}

void ExportC(const SharedModel& model, const std::filesystem::path& folder,
             const std::optional<std::string>& name, const std::string& target,
             bool force) {
  const std::optional<CTarget> found = FindCTarget(target);
  if (!found) {
    FailUsage("export_c: target is '" + target + "', expected " +
              CTargetList());
  }
  COptions options;
  options.name = name.value_or(CNameFrom(std::filesystem::absolute(folder)
                                             .lexically_normal()
                                             .filename()
                                             .string()));
  options.artifact_sha256 = Sha256(model.Bytes());
  options.target = *found;
  WriteCProject(MakeCProject(model.artifact(), options), folder,
                IfExistsOf(force));
}

void ExportFile(const SharedModel& model, const std::string& form,
                const std::filesystem::path& path, bool force) {
  CheckOutputPath(path, IfExistsOf(force));
  WriteFile(path, FileBytes(model, form), IfExistsOf(force));
}

}  // namespace edge_int8::python
