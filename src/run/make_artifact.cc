#include "src/run/make_artifact.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "core/container/golden.h"
#include "src/base/sha256.h"
#include "src/qgraph/lower.h"
#include "src/qgraph/reference_output.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

constexpr std::array<uint64_t, 4> kGoldenSeeds = {1, 2, 3, 4};

std::string Sha256OfText(const std::string& text) {
  return Sha256(std::as_bytes(std::span(text)));
}

QuantizedModel Assemble(const SourceModel& source, const Model& model,
                        Plan plan, core::Provenance provenance,
                        nlohmann::json recipe, bool draft) {
  QuantizedModel result;
  if (!recipe.contains("method")) recipe["method"] = "ptq";
  recipe["plan"] = plan.recipe;
  provenance.tool = fmt::format("edge-int8 {}", VersionNumber());
  provenance.checkpoint_sha256 = source.sha256;
  provenance.plan_sha256 = Sha256OfText(ToJson(plan).dump());
  provenance.recipe = recipe.dump();
  result.plan = std::move(plan);
  result.artifact.graph = Lower(model, result.plan);
  result.artifact.provenance = std::move(provenance);
  result.artifact.golden = core::MakeGolden(
      result.artifact.graph, kGoldenSeeds,
      [&](std::span<const uint8_t> input, std::span<int32_t> output) {
        if (draft) {
          std::ranges::fill(output, 0);
          return;
        }
        std::ranges::copy(ReferenceOutput(result.artifact.graph, input),
                          output.begin());
      });
  return result;
}

}  // namespace

QuantizedModel MakeArtifact(const SourceModel& source, const Model& model,
                            Plan plan, core::Provenance provenance,
                            nlohmann::json recipe) {
  return Assemble(source, model, std::move(plan), std::move(provenance),
                  std::move(recipe), false);
}

QuantizedModel MakeDraft(const SourceModel& source, const Model& model,
                         Plan plan, core::Provenance provenance,
                         nlohmann::json recipe) {
  return Assemble(source, model, std::move(plan), std::move(provenance),
                  std::move(recipe), true);
}

}  // namespace edge_int8
