// An .ei8 artifact in memory: the integer graph, where it came from, and inputs
// with the outputs every engine must give. docs/container.md is the format.
// Tested by artifact_test.cc, broken_artifact_test.cc and the fuzz target
// fuzz_ei8.
#ifndef EDGE_INT8_CORE_CONTAINER_ARTIFACT_H_
#define EDGE_INT8_CORE_CONTAINER_ARTIFACT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/container/status.h"

namespace edge_int8::core {

inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxTextBytes = 65536;
inline constexpr std::size_t kMaxGoldenVectors = 64;
inline constexpr std::size_t kMaxDataFiles = 64;
inline constexpr std::size_t kMaxTables = 2048;  // each operator has at most 2
inline constexpr std::size_t kMaxFunctionBytes = 4096;

struct DataFile {
  std::string name;
  std::string sha256;  // lowercase hex
  bool operator==(const DataFile&) const = default;
};

// Where an artifact came from. No dates and no machine names: the same inputs
// give the same bytes.
struct Provenance {
  std::string tool;               // "edge-int8 0.1.0"
  std::string checkpoint_sha256;  // lowercase hex
  std::string plan_sha256;
  std::string data;                  // what calibrated it, in words
  std::vector<DataFile> data_files;  // and the files that were
  std::string recipe;                // compact JSON: method, options
  bool operator==(const Provenance&) const = default;
};

// The outputs for the input that GoldenInput() makes of a seed (golden.h).
struct GoldenVector {
  uint64_t seed = 0;
  std::vector<int32_t> output;  // the graph's output tensor
  bool operator==(const GoldenVector&) const = default;
};

struct Artifact {
  IntegerGraph graph;
  Provenance provenance;
  std::vector<GoldenVector> golden;
};

// Checks everything an engine trusts, then fills *out; leaves it alone on
// failure. `bytes` may be anything. Memory: at most six times bytes.size(),
// plus 21 MiB for tables and functions that operators share.
Result LoadArtifact(std::span<const std::byte> bytes, Artifact* out);

// The same artifact gives the same bytes on every machine. What was saved loads
// only if ValidateArtifact() is ok, so ask it first.
std::vector<std::byte> SaveArtifact(const Artifact& artifact);

// ValidateGraph() and the rules on texts and golden vectors.
Result ValidateArtifact(const Artifact& artifact);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_ARTIFACT_H_
