// A quantized model as an artifact: lowered, with its provenance and golden
// vectors from the reference. Tested by quantize_checkpoint_test.cc and
// search_checkpoint_test.cc.
#ifndef EDGE_INT8_SRC_RUN_MAKE_ARTIFACT_H_
#define EDGE_INT8_SRC_RUN_MAKE_ARTIFACT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/container/artifact.h"
#include "src/graph/model.h"
#include "src/qgraph/plan.h"

namespace edge_int8 {

// A checkpoint ready to quantize.
struct SourceModel {
  std::string sha256;  // of the file
  Model folded;
};

struct QuantizedModel {
  Plan plan;
  core::Artifact artifact;
};

// `model` is the folded checkpoint, or what a repair or training made of it.
// `provenance` brings the data's part, `recipe` the options, and its "method"
// if that is not "ptq".
QuantizedModel MakeArtifact(const SourceModel& source, const Model& model,
                            Plan plan, core::Provenance provenance,
                            nlohmann::json recipe);

// As MakeArtifact, but the golden outputs are zeros: as many bytes on disk in a
// tenth of the time, for weighing and scoring. Never to be written.
QuantizedModel MakeDraft(const SourceModel& source, const Model& model,
                         Plan plan, core::Provenance provenance,
                         nlohmann::json recipe);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_MAKE_ARTIFACT_H_
