// Artifacts to export: the four variants with random weights, calibrated and
// lowered as any checkpoint is, with golden vectors of the reference.
#ifndef EDGE_INT8_TESTS_EXPORT_EXPORT_MODELS_H_
#define EDGE_INT8_TESTS_EXPORT_EXPORT_MODELS_H_

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/container/artifact.h"
#include "core/container/golden.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/qgraph.h"
#include "src/qgraph/reference_output.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {

// Of a compiler of exports.
inline constexpr const char* kStrict =
    "-std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror ";

inline core::Artifact ArtifactOf(core::IntegerGraph graph) {
  core::Artifact artifact;
  artifact.graph = std::move(graph);
  artifact.provenance.tool = "edge-int8 test";
  constexpr std::array<uint64_t, 2> kSeeds = {1, 2};
  artifact.golden = core::MakeGolden(
      artifact.graph, kSeeds,
      [&](std::span<const uint8_t> input, std::span<int32_t> output) {
        std::ranges::copy(ReferenceOutput(artifact.graph, input),
                          output.begin());
      });
  return artifact;
}

inline core::Artifact LoweredVariant(const std::string& variant,
                                     int weight_bits) {
  const Model folded = FoldedWiflow(variant, 11);
  const QGraph qgraph = BuildQGraph(folded.graph);
  const RandomWindows windows(folded.graph.extent(0).size(), 5);
  const CalibrationStats stats =
      Calibrate(folded, qgraph, windows, {.windows = 16});
  PtqOptions options;
  options.weight_bits = weight_bits;
  return ArtifactOf(Lower(folded, MakePtqPlan(folded, qgraph, stats, options)));
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_EXPORT_EXPORT_MODELS_H_
