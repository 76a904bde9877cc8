// Flags that several verbs share, so that they read and mean the same.
#ifndef EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_
#define EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/output_file.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// For sizes: "512K" or "0.3MiB" (src/base/byte_size.h) becomes a number of
// units; a number alone is one already. A check of its range may follow.
CLI::Validator SizeIn(int64_t unit);

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
  IfExists if_exists() const { return IfExistsOf(force); }
};
void AddForceFlag(CLI::App& verb, ForceFlag& flag);

// Where a verb says that it wrote `output`: not on stdout beside the bytes when
// those went to a stream, which may be stdout.
std::FILE* ReportOf(const std::filesystem::path& output);

// What `-` means for an output that is one array: standard output. Of an input
// it is understood where files are mapped.
std::filesystem::path OutputArray(const std::filesystem::path& path);

// --json [FILE]: to stdout without a file.
struct JsonFlag {
  std::string file;  // empty, "-" or "/dev/stdout": stdout
  CLI::Option* option = nullptr;

  bool asked() const { return option != nullptr && option->count() > 0; }
  bool to_stdout() const { return asked() && output().empty(); }
  // For VerbFiles; empty when no file is written.
  std::filesystem::path output() const;
  // Throws kUsage where both would go to stdout.
  void CheckApart(const std::filesystem::path& array) const;
  void Write(const nlohmann::json& json, IfExists if_exists) const;
};
void AddJsonFlag(CLI::App& verb, JsonFlag& flag);

// The last words of a verb about what it made.
struct Made {
  std::filesystem::path path;
  std::string text;       // "wrote half.ei8: 12 bytes"
  nlohmann::json facts;   // beside "path", and of a file "bytes" and "sha256"
  std::string next = {};  // the next useful command, without "edge-int8"
};
// As JSON where it was asked for, in words unless that went to stdout.
void ReportMade(const JsonFlag& json, const ForceFlag& force, const Made& made);

// Prints "next: edge-int8 ..." as the last line.
void SayNext(std::FILE* report, std::string_view command);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_COMMON_FLAGS_H_
