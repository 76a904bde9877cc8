#include "src/export/c/c_golden.h"

#include <fmt/format.h>

#include <memory>
#include <numeric>

#include "core/container/golden.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/base/error.h"
#include "src/qgraph/artifact_file.h"

namespace edge_int8 {

std::vector<core::GoldenVector> CGoldenVectors(const core::Artifact& artifact,
                                               int windows) {
  std::unique_ptr<core::Engine> engine;
  const core::Status made = core::Engine::Create(artifact.graph, {}, &engine);
  if (made != core::Status::kOk) {
    FailInput(artifact.graph.name, core::StatusName(made));
  }
  const core::AlignedBuffer arena(engine->arena_bytes());
  const core::WindowRunner run = [&](std::span<const uint8_t> input,
                                     std::span<int32_t> output) {
    engine->Run(input.data(), output.data(), arena.data());
  };
  if (const core::Result bad = core::CheckGolden(artifact, run); !bad.ok()) {
    FailInput(artifact.graph.name, Describe(bad));
  }
  std::vector<uint64_t> seeds(static_cast<std::size_t>(windows));
  std::iota(seeds.begin(), seeds.end(), uint64_t{1});
  return core::MakeGolden(artifact.graph, seeds, run);
}

std::string CGoldenData(const std::vector<core::GoldenVector>& golden) {
  std::string text =
      "// Generated: the golden outputs, window by window.\n"
      "#include \"ei8_golden.h\"\n\n";
  text += fmt::format("const int ei8_golden_windows = {};\n", golden.size());
  text +=
      fmt::format("const int32_t ei8_golden_outputs[{}][EI8_OUTPUTS] = {{\n",
                  golden.size());
  for (const core::GoldenVector& vector : golden) {
    text += fmt::format("    {{{}}},\n", fmt::join(vector.output, ", "));
  }
  return text + "};\n";
}

}  // namespace edge_int8
