// What the verbs do, as functions on files and models. Private: the package's
// _verbs.py gives them their arguments and documents them. Where a verb has a
// table, a pair (JSON, table) comes back.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "python/bindings.h"
#include "python/float_model.h"
#include "python/long_call.h"
#include "python/shared_model.h"
#include "python/verb_arguments.h"
#include "src/base/error.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/describe_model.h"
#include "src/run/evaluate_model.h"
#include "src/run/explain_model.h"
#include "src/run/quantize_files.h"
#include "src/run/verify_artifact.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace edge_int8::python {
namespace {

using Path = std::filesystem::path;
using JsonAndTable = std::pair<std::string, std::string>;

NetworkOptions Noting(NetworkOptions network) {
  network.note = CollectNote;
  return network;
}

// All but the checkpoint.
QuantizeInputs InputsFrom(const Path& data, const Path& calibration,
                          const Path& plan, const nb::dict& arguments) {
  QuantizeInputs inputs;
  inputs.data = data;
  inputs.calibration = calibration;
  inputs.plan = plan;
  inputs.network = Noting(NetworkFrom(arguments));
  inputs.dataset = DatasetFrom(arguments);
  inputs.request = RequestFrom(arguments);
  return inputs;
}

// What may be refused before there are files for them: reads nothing.
void CheckQuantize(const Path& data, const Path& calibration, const Path& plan,
                   const nb::dict& arguments) {
  CheckQuantizeInputs(InputsFrom(data, calibration, plan, arguments));
}

std::shared_ptr<SharedModel> Quantize(const Path& checkpoint, const Path& data,
                                      const Path& calibration, const Path& plan,
                                      const nb::dict& arguments) {
  QuantizeInputs inputs = InputsFrom(data, calibration, plan, arguments);
  inputs.checkpoint = checkpoint;
  return LongCall([&] {
    QuantizedModel model = QuantizeFiles(inputs);
    return std::make_shared<SharedModel>(std::move(model.artifact),
                                         std::move(model.plan));
  });
}

nb::object Load(const Path& path, const nb::dict& arguments) {
  const NetworkOptions network = Noting(NetworkFrom(arguments));
  std::shared_ptr<SharedModel> integer;
  std::shared_ptr<FloatModel> real;
  LongCall([&] {
    if (DetectModelFormat(path) == ModelFormat::kArtifact) {
      integer = std::make_shared<SharedModel>(ReadArtifactFile(path));
    } else {
      real = std::make_shared<FloatModel>(path, network);
    }
    return true;
  });
  return integer ? nb::cast(integer) : nb::cast(real);
}

EvaluateOptions EvaluationFrom(const nb::dict& arguments,
                               const std::optional<std::string>& normalization,
                               const std::string& split,
                               const std::string& subset) {
  EvaluateOptions options;
  options.network = Noting(NetworkFrom(arguments));
  options.split = ParseSplit(split);
  options.subset = ParseSubset(subset);
  if (normalization) options.normalization = ParseNormalization(*normalization);
  return options;
}

JsonAndTable EvaluateFile(const Path& model, const Path& predictions,
                          const Path& data, const std::string& split,
                          const std::string& subset,
                          const std::optional<std::string>& normalization,
                          const nb::dict& arguments) {
  EvaluateOptions options =
      EvaluationFrom(arguments, normalization, split, subset);
  options.model = model;
  options.predictions = predictions;
  const DatasetOptions dataset = DatasetFrom(arguments);
  return LongCall([&] {
    const Evaluation e = Evaluate(Dataset::Open(data, dataset), options);
    return JsonAndTable(JsonText(ToJson(e)), EvaluationTable(e));
  });
}

JsonAndTable EvaluateModel(const SharedModel& model, const Path& data,
                           const std::string& split, const std::string& subset,
                           const std::optional<std::string>& normalization,
                           const nb::dict& arguments) {
  EvaluateOptions options =
      EvaluationFrom(arguments, normalization, split, subset);
  options.model = model.artifact().graph.name + " (in memory)";
  const DatasetOptions dataset = DatasetFrom(arguments);
  return LongCall([&] {
    LoadedPredictor loaded = model.Predictor();
    const Evaluation e =
        Evaluate(Dataset::Open(data, dataset), options, loaded);
    return JsonAndTable(JsonText(ToJson(e)), EvaluationTable(e));
  });
}

JsonAndTable ExplainFile(const Path& checkpoint, const Path& data,
                         const Path& plan, const std::string& split,
                         const std::string& subset, int64_t windows, int top,
                         const nb::dict& arguments) {
  ExplainOptions options;
  options.checkpoint = checkpoint;
  options.plan = plan;
  options.network = Noting(NetworkFrom(arguments));
  options.request = RequestFrom(arguments);
  options.split = ParseSplit(split);
  options.subset = ParseSubset(subset);
  options.windows = windows;
  if (windows < 1) FailUsage("explain: windows is less than 1");
  const DatasetOptions dataset = DatasetFrom(arguments);
  return LongCall([&] {
    if (options.plan.empty()) FindRecipe(options.request.recipe);
    const Explanation e = Explain(Dataset::Open(data, dataset), options);
    return JsonAndTable(JsonText(ToJson(e)), ExplanationTable(e, top));
  });
}

JsonAndTable Described(const nlohmann::json& description) {
  return {JsonText(description), DescriptionTable(description)};
}

JsonAndTable Describe(const Path& path, const nb::dict& arguments) {
  const NetworkOptions network = Noting(NetworkFrom(arguments));
  return LongCall([&] { return Described(DescribeFile(path, network)); });
}

JsonAndTable DescribeModel(const SharedModel& model) {
  return LongCall([&] {
    return Described(DescribeArtifact(model.artifact(), model.Bytes().size()));
  });
}

JsonAndTable Verify(const SharedModel& model, const std::string& name,
                    const std::optional<Path>& data, int64_t windows,
                    const nb::dict& arguments) {
  VerifyOptions options;
  options.model = name;
  options.data = data;
  options.dataset = DatasetFrom(arguments);
  options.windows = windows;
  if (windows < 1) FailUsage("verify: windows is less than 1");
  return LongCall([&] {
    const std::vector<VerifyCheck> checks =
        VerifyArtifact(model.artifact(), options);
    return JsonAndTable(JsonText(ToJson(options, checks)), VerifyTable(checks));
  });
}

nb::tuple WindowShape(const Path& data, const nb::dict& arguments) {
  const DatasetOptions dataset = DatasetFrom(arguments);
  return TupleOf(
      LongCall([&] { return Dataset::Open(data, dataset).task().window; }));
}

}  // namespace

void BindVerbs(nb::module_& module) {
  module.def("quantize", &Quantize, "checkpoint"_a, "data"_a, "calibration"_a,
             "plan"_a, "arguments"_a);
  module.def("check_quantize", &CheckQuantize, "data"_a, "calibration"_a,
             "plan"_a, "arguments"_a);
  module.def("load", &Load, "path"_a, "arguments"_a);
  module.def("evaluate_file", &EvaluateFile, "model"_a, "predictions"_a,
             "data"_a, "split"_a, "subset"_a, "normalization"_a.none(),
             "arguments"_a);
  module.def("evaluate_model", &EvaluateModel, "model"_a, "data"_a, "split"_a,
             "subset"_a, "normalization"_a.none(), "arguments"_a);
  module.def("explain", &ExplainFile, "checkpoint"_a, "data"_a, "plan"_a,
             "split"_a, "subset"_a, "windows"_a, "top"_a, "arguments"_a);
  module.def("describe_file", &Describe, "path"_a, "arguments"_a);
  module.def("describe_model", &DescribeModel, "model"_a);
  module.def("window_shape", &WindowShape, "data"_a, "arguments"_a);
  module.def("verify", &Verify, "model"_a, "name"_a, "data"_a.none(),
             "windows"_a, "arguments"_a);
}

}  // namespace edge_int8::python
