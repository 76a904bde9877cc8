// What `verify` does: an artifact is whole, its golden vectors come out, and
// every instruction set of this machine equals the reference bit for bit.
// Tested by verify_artifact_test.cc.
#ifndef EDGE_INT8_SRC_RUN_VERIFY_ARTIFACT_H_
#define EDGE_INT8_SRC_RUN_VERIFY_ARTIFACT_H_

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

struct VerifyCheck {
  std::string name;  // "golden vectors, avx512vnni"
  bool passed = false;
  std::string detail;  // "4 vectors", or what differed
};

struct VerifyOptions {
  std::filesystem::path model;
  std::optional<std::filesystem::path> data;  // compares on its test windows
  DatasetOptions dataset;
  int64_t windows = 32;  // random ones, and as many of the data's
};

// Loading checks structure and hash and throws kBadInput; the rest is reported.
std::vector<VerifyCheck> VerifyArtifact(const VerifyOptions& options);
// The same of an artifact that is loaded; options.model only names it.
std::vector<VerifyCheck> VerifyArtifact(const core::Artifact& artifact,
                                        const VerifyOptions& options);

// A line for each check: "ok    golden vectors, avx512vnni: 4 vectors".
std::string VerifyTable(const std::vector<VerifyCheck>& checks);
// {model, ok, checks: [{name, ok, detail}]}
nlohmann::json ToJson(const VerifyOptions& options,
                      const std::vector<VerifyCheck>& checks);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_VERIFY_ARTIFACT_H_
