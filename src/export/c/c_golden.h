// Golden outputs for a C export: seeds 1, 2, ... through the engine, after the
// engine has given the artifact's own golden vectors. Tested by
// c_project_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_GOLDEN_H_
#define EDGE_INT8_SRC_EXPORT_C_C_GOLDEN_H_

#include <string>
#include <vector>

#include "core/container/artifact.h"

namespace edge_int8 {

// Throws kBadInput when the engine's outputs are not the artifact's.
std::vector<core::GoldenVector> CGoldenVectors(const core::Artifact& artifact,
                                               int windows);

// The text of ei8_golden_data.c, with `ei8_` as the prefix.
std::string CGoldenData(const std::vector<core::GoldenVector>& golden);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_GOLDEN_H_
