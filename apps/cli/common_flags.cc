#include "apps/cli/common_flags.h"

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/byte_size.h"
#include "src/base/error.h"
#include "src/base/sha256.h"
#include "src/base/utf8.h"

namespace edge_int8 {

std::string RefuseNan(const std::string& text) {
  double value = 0;
  const bool is_nan =
      CLI::detail::lexical_cast(text, value) && std::isnan(value);
  return is_nan ? text + " is not a number" : "";
}

CLI::Validator SizeIn(int64_t unit) {
  return CLI::Validator(
      [unit](std::string& text) -> std::string {
        const std::optional<int64_t> bytes = ParseByteSize(text, unit);
        if (!bytes) {
          return fmt::format("{} is no size: 524288, 512K, 0.3MiB", text);
        }
        text = std::to_string(*bytes / unit);
        return "";
      },
      "");
}

DatasetOptions DataFlags::Options() const {
  DatasetOptions options;
  options.corrupt_masks = corrupt_masks;
  if (!keypoints_root.empty()) options.keypoints_root = keypoints_root;
  if (!hold_out.empty()) options.hold_out = hold_out;
  return options;
}

CLI::Option* AddDataFlags(CLI::App& verb, DataFlags& flags) {
  AddDataOptions(verb, flags);
  return verb.add_option("--data", flags.folder,
                         "Folder in the preprocessed_csi_data layout, or with "
                         "a dataset.json");
}

void AddDataOptions(CLI::App& verb, DataFlags& flags) {
  verb.add_option("--corrupt-mask", flags.corrupt_masks,
                  "Boolean .npy mask of corrupt windows; repeatable, or-ed")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--keypoints-root", flags.keypoints_root,
                  "Folder of the keypoint CSV files (CSV mode)");
  verb.add_option("--hold-out", flags.hold_out,
                  "Recordings whose name matches this regular expression are "
                  "the test split; the others train and validate");
}

void AddNetworkFlags(CLI::App& verb, NetworkOptions& network) {
  verb.add_option("--variant", network.variant,
                  "Override recognition of a checkpoint's network: full, half, "
                  "quarter or tiny");
  verb.add_option("--weights", network.weights,
                  "The set of weights to take of a checkpoint with several "
                  "(describe lists them)");
  verb.add_option("--joints", network.joints,
                  "Joints of a checkpoint whose network is none of the four")
      ->check(CLI::Range(1, kMostJoints));
  verb.add_option("--frames", network.frames,
                  "Frames of a window of such a checkpoint, or what an "
                  ".onnx file leaves open where there is no data")
      ->check(CLI::Range(1, kMostFrames));
  verb.add_option("--head", network.head,
                  "The output to take of an .onnx file with several");
  const auto told = std::make_shared<std::set<std::string>>();
  network.note = [told](std::string_view text) {
    if (told->emplace(text).second)
      fmt::print(stderr, "{}\n", VisibleText(text));
  };
}

void AddForceFlag(CLI::App& verb, ForceFlag& flag) {
  verb.add_flag("--force", flag.force, "Replace an output that exists");
}

void AddJsonFlag(CLI::App& verb, JsonFlag& flag) {
  flag.option =
      verb.add_option("--json", flag.file,
                      "Write JSON to this file; to stdout without one, or -")
          ->expected(0, 1)
          ->type_name("[FILE]");
}

std::FILE* ReportOf(const std::filesystem::path& output) {
  return IsStream(output) ? stderr : stdout;
}

std::filesystem::path OutputArray(const std::filesystem::path& path) {
  return path == "-" ? "/dev/stdout" : path;
}

void SayNext(std::FILE* report, std::string_view command) {
  fmt::print(report, "next: edge-int8 {}\n", command);
}

void ReportMade(const JsonFlag& json, const ForceFlag& force,
                const Made& made) {
  if (!json.to_stdout()) {
    fmt::print(ReportOf(made.path), "{}\n", made.text);
    if (!made.next.empty()) SayNext(ReportOf(made.path), made.next);
  }
  if (!json.asked()) return;
  nlohmann::json facts = made.facts;
  facts["path"] = made.path.string();
  if (std::filesystem::is_regular_file(made.path)) {
    facts["bytes"] = std::filesystem::file_size(made.path);
    facts["sha256"] = Sha256File(made.path);
  }
  json.Write(facts, force.if_exists());
}

std::filesystem::path JsonFlag::output() const {
  for (const char* name : {"-", "/dev/stdout", "/dev/fd/1"}) {
    if (file == name) return {};
  }
  return file;
}

void JsonFlag::CheckApart(const std::filesystem::path& array) const {
  if (!to_stdout() || array != "/dev/stdout") return;
  FailUsage("--out and --json would both go to stdout: give --json a file");
}

void JsonFlag::Write(const nlohmann::json& json, IfExists if_exists) const {
  // Bytes of file names that are not UTF-8 are replaced, not fatal.
  const std::string text =
      json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (to_stdout()) {
    fmt::print("{}", text);
  } else {
    WriteFile(output(), text, if_exists);
  }
}

}  // namespace edge_int8
