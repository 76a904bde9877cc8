// Whatever artifact loads, of whatever extents, every verb that takes one does
// its work on it or refuses it. Bytes are an artifact's content as they are, or
// choose a valid graph (random_integer_graph.h), by the first one; windows and
// a data set of the artifact's own extents, and one of others, are made for it.
#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "core/container/wrapper.h"
#include "src/base/parallel.h"
#include "src/export/c/c_project.h"
#include "src/export/onnx/onnx_qdq.h"
#include "src/export/real_scales.h"
#include "src/export/tflite/tflite_model.h"
#include "src/graph/model.h"
#include "src/pose/dataset.h"
#include "src/run/compare_outputs.h"
#include "src/run/describe_model.h"
#include "src/run/evaluate_model.h"
#include "src/run/measure_latency.h"
#include "src/run/predict_file.h"
#include "src/run/verify_artifact.h"
#include "tests/fuzz/graph_cost.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/pose/pairs_folder.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8 {
namespace {

constexpr int64_t kWindows = 3;

void Verb(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadInput &&
        error.kind() != ErrorKind::kUsage) {
      throw;
    }
  }
}

Shape WithWindows(const std::vector<int32_t>& shape) {
  Shape whole = {kWindows};
  whole.insert(whole.end(), shape.begin(), shape.end());
  return whole;
}

std::vector<float> Floats(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(std::accumulate(
      shape.begin(), shape.end(), int64_t{1}, std::multiplies<>())));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i % 97) / 96;
  }
  return values;
}

// x.npy and y.npy of these extents; poses where the output can be poses, else
// classes.
void WriteSet(const std::filesystem::path& folder, const Shape& x,
              const Shape& y) {
  std::filesystem::create_directories(folder);
  WriteArray(folder / "x.npy", "<f4", x, Floats(x));
  const bool poses = y.size() == 3 && (y[2] == 2 || y[2] == 3);
  if (poses) {
    WriteArray(folder / "y.npy", "<f4", y, Floats(y));
  } else {
    WriteArray(folder / "y.npy", "<i8", {kWindows},
               std::vector<int64_t>{0, 1, 0});
  }
  WriteDescription(folder,
                   {{"layout", "pairs/1"}, {"x", "x.npy"}, {"y", "y.npy"}});
}

void OnASet(const std::filesystem::path& model,
            const std::filesystem::path& folder) {
  Verb([&] {
    const Dataset dataset = Dataset::Open(folder);
    Verb([&] {
      const Evaluation scored =
          Evaluate(dataset, {.model = model, .split = Split::kAll});
      EvaluationTable(scored);
      ToJson(scored).dump();
    });
    Verb([&] {
      const Comparison compared = CompareOutputs(
          &dataset, {.model = model, .against = model, .split = Split::kAll});
      Expect(compared.largest == 0);
      ComparisonTable(compared);
    });
  });
  Verb([&] { VerifyArtifact({.model = model, .data = folder, .windows = 2}); });
}

void OnWindows(const std::filesystem::path& model, const ScratchFolder& out,
               const std::filesystem::path& windows) {
  Verb([&] {
    const int64_t count = PredictFile({.model = model,
                                       .input = windows,
                                       .output = out / "y.npy",
                                       .if_exists = IfExists::kReplace});
    Expect(count == kWindows);
  });
  Verb([&] {
    const Comparison compared = CompareOutputs(
        nullptr, {.model = model, .against = model, .input = windows});
    Expect(compared.largest == 0 && compared.windows == kWindows);
  });
}

void Alone(const std::filesystem::path& model, const core::Artifact& artifact) {
  Verb([&] { DescriptionTable(DescribeArtifact(model)); });
  Verb([&] {
    const VerifyOptions options = {.model = model, .windows = 2};
    for (const VerifyCheck& check : VerifyArtifact(options)) {
      // Golden vectors are whatever the bytes say.
      if (check.name.find("golden") == std::string::npos) Expect(check.passed);
    }
  });
  Verb([&] {
    const COptions options = {.name = "m",
                              .artifact_sha256 = std::string(64, '0'),
                              .golden_windows = 1};
    MakeCProject(artifact, options);
  });
  Verb([&] {
    const RealScales scales = FindRealScales(artifact.graph);
    Verb([&] { OnnxQdqModel(artifact.graph, scales, "0"); });
    for (const bool split : {false, true}) {
      Verb([&] {
        TfliteOptions options;
        options.split_groups = split;
        MakeTfliteModel(artifact.graph, scales, options);
      });
    }
  });
}

void TryFile(std::span<const std::byte> file) {
  core::Artifact artifact;
  if (!core::LoadArtifact(file, &artifact).ok()) return;
  if (!core::IsQuick(artifact.graph)) return;
  static const ScratchFolder folder;
  const auto model = folder.Write(
      "m.ei8", {reinterpret_cast<const char*>(file.data()), file.size()});
  Alone(model, artifact);
  Shape x = WithWindows(artifact.graph.input_shape);
  if (x.size() == 1) {  // of version 1
    const core::TensorSpec& in = artifact.graph.tensors[0];
    x = {kWindows, in.channels, int64_t{1} * in.height * in.width};
  }
  WriteSet(folder / "own", x, WithWindows(artifact.graph.output_shape));
  OnASet(model, folder / "own");
  OnWindows(model, folder, folder / "own/x.npy");
  x = {kWindows, artifact.graph.tensors[0].size() + 1};
  WriteSet(folder / "other", x, {kWindows, 3, 2});
  OnASet(model, folder / "other");
  Verb([&] {
    PredictFile({.model = model,
                 .input = folder / "other/x.npy",
                 .output = folder / "y.npy",
                 .if_exists = IfExists::kReplace});
    Expect(false);  // one value too many
  });
}

void Try(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return;
  const uint8_t kind = bytes[0] % 3;
  bytes = bytes.subspan(1);
  if (kind < 2) {
    TryFile(core::WrapContent(std::as_bytes(bytes), kind + 1));
    return;
  }
  Choices choices{bytes};
  core::Artifact artifact;
  artifact.graph = core::RandomIntegerGraph(
      choices, {.ops = 5, .max_values = 600, .described = true});
  TryFile(core::SaveArtifact(artifact));
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::SetThreads(1);
  edge_int8::Try({data, size});
  return 0;
}
