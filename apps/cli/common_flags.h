// Flags that several verbs share, so that they read and mean the same.
#ifndef EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_
#define EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// A check for numbers: CLI11's ranges hold "nan".
std::string RefuseNan(const std::string& text);

// --data DIR, --corrupt-mask FILE..., --keypoints-root DIR, --hold-out REGEX
struct DataFlags {
  std::filesystem::path folder;
  std::vector<std::filesystem::path> corrupt_masks;
  std::filesystem::path keypoints_root;
  std::string hold_out;

  DatasetOptions Options() const;
  Dataset Open() const { return Dataset::Open(folder, Options()); }
};
// Returns the --data option, so that a verb can make it required.
CLI::Option* AddDataFlags(CLI::App& verb, DataFlags& flags);
// The flags without --data, for a verb that takes the folder otherwise.
void AddDataOptions(CLI::App& verb, DataFlags& flags);

// --variant NAME, --weights KEY, --joints N, --frames N of a checkpoint, --head
// NAME of an .onnx file. Notes
// go to stderr, each once however often the file is read.
void AddNetworkFlags(CLI::App& verb, NetworkOptions& network);

// --force
struct ForceFlag {
  bool force = false;
  IfExists if_exists() const {
    return force ? IfExists::kReplace : IfExists::kFail;
  }
};
void AddForceFlag(CLI::App& verb, ForceFlag& flag);

// Where a verb says that it wrote `output`: not on stdout beside the bytes when
// those went to a stream, which may be stdout.
std::FILE* ReportOf(const std::filesystem::path& output);

// --json [FILE]: to stdout without a file.
struct JsonFlag {
  std::string file;  // empty, "-" or "/dev/stdout": stdout
  CLI::Option* option = nullptr;

  bool asked() const { return option != nullptr && option->count() > 0; }
  bool to_stdout() const { return asked() && output().empty(); }
  // For VerbFiles; empty when no file is written.
  std::filesystem::path output() const;
  void Write(const nlohmann::json& json, IfExists if_exists) const;
};
void AddJsonFlag(CLI::App& verb, JsonFlag& flag);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_
