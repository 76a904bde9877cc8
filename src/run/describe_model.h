// What `describe` says about a network or an artifact. Tested by
// describe_model_test.cc.
#ifndef EDGE_INT8_SRC_RUN_DESCRIBE_MODEL_H_
#define EDGE_INT8_SRC_RUN_DESCRIBE_MODEL_H_

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "src/graph/graph.h"
#include "src/nets/checkpoint.h"
#include "src/nets/network_options.h"

namespace edge_int8 {

// {variant, params, macs, macs_kept, layers [{name, kind, in, out, params,
// macs}], tensors [{name, shape}]}; shapes are [channels, height, width].
nlohmann::json DescribeGraph(const Graph& graph);

// [{key, tensors, used}]: "weights" of a checkpoint's description.
nlohmann::json WeightSetsJson(const std::vector<WeightSetInfo>& sets);

// The same of an .ei8, whose layers have the names of their inputs, bits and,
// where they have weights, weight_bits; with arena_bytes, file_bytes,
// weight_bits, activation_bits and provenance.
nlohmann::json DescribeArtifact(const std::filesystem::path& path);
nlohmann::json DescribeArtifact(const core::Artifact& artifact,
                                uintmax_t file_bytes);

// Either, of a .pth, .onnx or .ei8; with "weights" of a .pth.
nlohmann::json DescribeFile(const std::filesystem::path& path,
                            const NetworkOptions& network);

// An aligned table of either, for people.
std::string DescriptionTable(const nlohmann::json& description);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_DESCRIBE_MODEL_H_
