// edge-int8 dataset import npy | mat | hdf5 | esp32 | iwl5300 | nexmon:
// recordings of people's own to the pairs layout.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/cli/common_flags.h"
#include "apps/cli/packet_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/rank_share.h"
#include "src/base/shell_quote.h"
#include "src/capture/import_arrays.h"
#include "src/capture/import_capture.h"
#include "src/run/verb_files.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

struct CaptureFlags {
  CaptureOptions options;
  std::filesystem::path out;
  std::string scale;
  bool amplitude = false;
  bool phase_difference = false;
  JsonFlag json;
  ForceFlag force;
};

std::string Tool() { return std::string(VersionText()); }

// What was left out and why, to stderr; what there is now, to stdout.
void PrintReport(const std::filesystem::path& out, const JsonFlag& json,
                 const ForceFlag& force, const nlohmann::ordered_json& report) {
  for (const auto& [reason, count] : report["left_out"].items()) {
    fmt::print(stderr, "left out: {} {}\n", count.get<int64_t>(), reason);
  }
  if (const int64_t gaps = report.value("gaps", int64_t{0}); gaps > 0) {
    fmt::print(stderr, "{} gaps longer than {:.3g} s between packets\n", gaps,
               report["max_gap_s"].get<double>());
  }
  const auto recordings = report["recordings"].get<int64_t>();
  if (recordings < 4) {
    fmt::print(stderr,
               "{} recording{}: a split by recordings needs 4 or more to train "
               "and to test (--cut SECONDS makes several of a capture)\n",
               recordings, recordings == 1 ? "" : "s");
  }
  ReportMade(
      json, force,
      {out,
       fmt::format("wrote {}: {} windows of {} recordings, x_scale {:.6g}",
                   out.string(), report["windows"].get<int64_t>(), recordings,
                   report["x_scale"].get<double>()),
       nlohmann::json::parse(report.dump(
           -1, ' ', false, nlohmann::json::error_handler_t::replace)),
       "dataset inspect " + ShellQuote(out.string())});
}

void CheckImport(const CaptureFlags& flags) {
  VerbFiles files;
  for (const auto& capture : flags.options.captures) {
    files.Reads("the capture", capture);
  }
  for (const auto& poses : flags.options.poses) files.Reads("--poses", poses);
  files.Writes("--json", flags.json.output()).Check(flags.force.if_exists());
}

void AddOutputFlags(CLI::App& verb, std::string& scale,
                    std::filesystem::path& out, JsonFlag& json,
                    ForceFlag& force) {
  verb.add_option("--scale", scale,
                  "What values are multiplied by, stored as x_scale: a number, "
                  "or one over their 99th percentile (p99) or largest (max)");
  verb.add_option("--out", out, "Folder to write")->required();
  AddJsonFlag(verb, json);
  AddForceFlag(verb, force);
}

void AddInputFlags(CLI::App& verb, CaptureFlags& flags) {
  CaptureOptions& options = flags.options;
  verb.add_option("captures", options.captures, "Captures, a recording each")
      ->required();
  verb.add_option("--poses", options.poses,
                  "CSV of poses by time stamps, with columns NAME_x, NAME_y[, "
                  "NAME_confidence]; one for all captures or one for each")
      ->required();
  if (options.kind == CaptureKind::kEsp32) {
    verb.add_option("--time", options.time,
                    "Column of the packets' time stamps; without it the one "
                    "that the poses have too, or the clearest by its name");
  }
  if (options.kind == CaptureKind::kNexmon) {
    verb.add_option("--chip", options.chip,
                    "4339, 43455c0, 4358 or 4366c0, instead of what the "
                    "packets say");
  }
  verb.add_option("--pose-time", options.pose_time,
                  "Column of the poses' time stamps; likewise");
  verb.add_option("--pose-offset", options.pose_offset,
                  "Seconds to add to the poses' times, or 'start': their first "
                  "row is at the first packet")
      ->capture_default_str();
  verb.add_option("--min-confidence", options.min_confidence,
                  "Joints below it were not seen")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  verb.add_option("--pose-scale", options.pose_scale,
                  "Factor of every coordinate: 0.001 for pixels as upstream "
                  "stores them")
      ->check(CLI::PositiveNumber)
      ->check(RefuseNan)
      ->capture_default_str();
  verb.add_option("--unit", options.unit, "Name of the coordinates' unit")
      ->capture_default_str();
}

void AddWindowFlags(CLI::App& verb, CaptureFlags& flags) {
  CaptureOptions& options = flags.options;
  verb.add_option("--frames", options.frames, "Steps of the clock in a window")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  verb.add_option("--stride", options.stride,
                  "Steps between the beginnings of windows (default: --frames)")
      ->check(CLI::Range(1, 1000000));
  AddRateFlag(verb, options.rate);
  verb.add_option("--max-gap", options.max_gap,
                  "Seconds between packets (and to the nearest pose) beyond "
                  "which there is no window (default: 0.2, or 4 steps)")
      ->check(CLI::Range(1e-6, 3600.0))
      ->check(RefuseNan);
  verb.add_option("--cut", options.cut,
                  "Cut each capture into recordings of so many seconds")
      ->check(CLI::Range(1e-3, 1e7))
      ->check(RefuseNan);
}

void AddValueFlags(CLI::App& verb, CaptureFlags& flags) {
  CaptureOptions& options = flags.options;
  AddSenderFlags(verb, options.links, options.drop_guards);
  CLI::Option* amplitude = verb.add_flag("--amplitude", flags.amplitude,
                                         "Values are amplitudes (the default)");
  AddPhaseFlag(verb, flags.phase_difference)->excludes(amplitude);
  AddOutputFlags(verb, flags.scale, flags.out, flags.json, flags.force);
}

void AddCapture(CLI::App& import, CaptureKind kind, const char* what,
                const char* example) {
  const std::string name(CaptureKindName(kind));
  CLI::App* verb = import.add_subcommand(name, what);
  const auto flags = std::make_shared<CaptureFlags>();
  flags->options.kind = kind;
  AddInputFlags(*verb, *flags);
  AddWindowFlags(*verb, *flags);
  AddValueFlags(*verb, *flags);
  verb->footer(
      fmt::format("Example:\n  edge-int8 dataset import {} {}", name, example));
  verb->callback([flags] {
    if (flags->phase_difference) {
      flags->options.value = CsiValue::kPhaseDifference;
    }
    if (!flags->scale.empty()) flags->options.scale = ParseScale(flags->scale);
    OnRoot([&] {
      CheckImport(*flags);
      PrintReport(flags->out, flags->json, flags->force,
                  ImportCaptures(flags->options, flags->out,
                                 flags->force.if_exists(), Tool()));
    });
  });
}

struct ArrayFlags {
  ArrayOptions options;
  std::filesystem::path out;
  std::string scale;
  std::string axis;
  JsonFlag json;
  ForceFlag force;
};

void CheckImport(const ArrayFlags& flags) {
  VerbFiles files;
  const ArrayOptions& options = flags.options;
  for (const auto& file : options.files) files.Reads("the file", file);
  if (options.files.empty()) {  // x, y and groups are files, not arrays in one
    for (const std::string& x : options.x) files.Reads("--x", x);
    for (const std::string& y : options.y) files.Reads("--y", y);
    files.Reads("--groups", options.groups);
  }
  files.Writes("--json", flags.json.output()).Check(flags.force.if_exists());
}

void AddArrayFlags(CLI::App& verb, ArrayFlags& flags, bool npy) {
  ArrayOptions& options = flags.options;
  if (!npy) {
    verb.add_option("files", options.files,
                    "Files; without groups, a recording each")
        ->required();
  }
  verb.add_option("--x", options.x,
                  npy ? "Windows .npy [N, ...], a recording each"
                      : "Name of the array of windows")
      ->required();
  verb.add_option("--y", options.y,
                  npy ? "Targets .npy [N, joints, 2 or 3] or [N] classes, one "
                        "for each --x"
                      : "Name of the array of targets")
      ->required();
  verb.add_option("--groups", options.groups,
                  npy ? "Recordings .npy: a whole number for each window"
                      : "Name of the array of recordings: a whole number for "
                        "each window");
  if (!npy) {
    verb.add_option("--window-axis", flags.axis,
                    "Axis that counts the windows: first or last (default: "
                    "the one on which x and y agree)")
        ->check(CLI::IsMember({"first", "last"}));
  }
  verb.add_option("--dims", options.dims,
                  "Coordinates of a joint, for targets [N, joints * dims]")
      ->check(CLI::Range(2, 3));
  verb.add_option("--joints", options.joints, "Names of the joints: nose,neck")
      ->delimiter(',');
  verb.add_option("--unit", options.unit, "Name of the coordinates' unit");
  AddOutputFlags(verb, flags.scale, flags.out, flags.json, flags.force);
}

void AddArrays(CLI::App& import, const char* name, const char* what,
               const char* example) {
  CLI::App* verb = import.add_subcommand(name, what);
  const auto flags = std::make_shared<ArrayFlags>();
  flags->options.kind = name;
  AddArrayFlags(*verb, *flags, flags->options.kind == "npy");
  verb->footer(
      fmt::format("Example:\n  edge-int8 dataset import {} {}", name, example));
  verb->callback([flags] {
    if (!flags->scale.empty()) flags->options.scale = ParseScale(flags->scale);
    if (flags->axis == "first") flags->options.axis = WindowAxis::kFirst;
    if (flags->axis == "last") flags->options.axis = WindowAxis::kLast;
    OnRoot([&] {
      CheckImport(*flags);
      PrintReport(flags->out, flags->json, flags->force,
                  ImportArrays(flags->options, flags->out,
                               flags->force.if_exists(), Tool()));
    });
  });
}

}  // namespace

void AddImport(CLI::App& dataset) {
  CLI::App* import = dataset.add_subcommand(
      "import", "Write recordings of other tools as a dataset folder");
  import->require_subcommand(1);
  import->footer(
      "Example:\n  edge-int8 dataset import esp32 csi.csv --poses camera.csv "
      "--out mine");
  AddCapture(*import, CaptureKind::kEsp32,
             "CSI_DATA lines of esp-csi, or CSVs with lists of amplitudes",
             "csi.csv --poses camera.csv --frames 20 --rate 100 --scale p99 "
             "--out mine");
  AddCapture(*import, CaptureKind::kIwl5300,
             "Beamforming feedback (.dat) of the Linux 802.11n CSI Tool",
             "walk.dat --poses camera.csv --pose-offset start --out mine");
  AddCapture(*import, CaptureKind::kNexmon,
             "Packet captures (pcap) of nexmon's CSI extractor",
             "walk.pcap --poses camera.csv --out mine");
  AddArrays(*import, "npy", "Arrays of windows and targets",
            "--x x.npy --y y.npy --groups subjects.npy --out mine");
  AddArrays(*import, "mat", "Variables of MATLAB files, version 5 to 7.3",
            "s1.mat s2.mat --x csi --y pose --out mine");
  AddArrays(*import, "hdf5", "Datasets of HDF5 files",
            "s1.h5 s2.h5 --x /csi --y /pose --out mine");
}

}  // namespace edge_int8
