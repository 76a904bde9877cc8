// edge-int8 dataset synth | inspect | windows; import is in import_verb.cc.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/shell_quote.h"
#include "src/pose/synth_dataset.h"
#include "src/run/extract_windows.h"
#include "src/run/inspect_dataset.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct SynthFlags {
  std::filesystem::path out;
  SynthOptions options;
  JsonFlag json;
  ForceFlag force;
};

struct InspectFlags {
  DataFlags data;
  JsonFlag json;
  ForceFlag force;
};

struct WindowsFlags {
  DataFlags data;
  std::filesystem::path out;
  std::string split = "test";
  std::string subset = "clean";
  JsonFlag json;
  ForceFlag force;
};

void AddSynth(CLI::App& dataset) {
  CLI::App* verb = dataset.add_subcommand(
      "synth", "Write a synthetic set in the same layout from a seed");
  const auto flags = std::make_shared<SynthFlags>();
  verb->add_option("--out", flags->out, "Folder to write")->required();
  verb->add_option("--files", flags->options.files, "Recordings")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--windows-per-file,--windows", flags->options.windows,
                   "Windows of each recording")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  verb->add_option("--seed", flags->options.seed, "Seed of the world")
      ->capture_default_str();
  verb->add_option("--rooms", flags->options.rooms,
                   "Rooms that recordings are in; names carry subject and room "
                   "(version 2; without it the one room of version 1)")
      ->check(CLI::Range(1, 1000));
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 dataset synth --out synthetic --files 500 "
      "--windows-per-file 40 --seed 42");
  verb->callback([flags] {
    VerbFiles()
        .Writes("--json", flags->json.output())
        .Check(flags->force.if_exists());
    WriteSyntheticDataset(flags->out, flags->options, flags->force.if_exists());
    const SynthOptions& made = flags->options;
    const std::string out = flags->out.string();
    ReportMade(flags->json, flags->force,
               {out,
                fmt::format("wrote {}: {} files x {} windows, synthetic, seed "
                            "{}",
                            out, made.files, made.windows, made.seed),
                {{"files", made.files},
                 {"windows", int64_t{made.files} * made.windows},
                 {"kind", "synthetic"},
                 {"seed", made.seed}},
                "dataset inspect " + ShellQuote(out)});
  });
}

void AddInspect(CLI::App& dataset) {
  CLI::App* verb = dataset.add_subcommand(
      "inspect", "Files, windows, split counts, corrupt windows, value range");
  const auto flags = std::make_shared<InspectFlags>();
  verb->add_option("--data,dir", flags->data.folder,
                   "Folder in the preprocessed_csi_data layout, or with a "
                   "dataset.json")
      ->required();
  AddDataOptions(*verb, flags->data);
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 dataset inspect preprocessed_csi_data --json");
  verb->callback([flags] {
    VerbFiles()
        .ReadsDataset("the folder", flags->data.folder, flags->data.Options())
        .Writes("--json", flags->json.output())
        .Check(flags->force.if_exists());
    const Dataset dataset = flags->data.Open();
    const nlohmann::json inspection = InspectDataset(dataset);
    if (!flags->json.to_stdout()) fmt::print("{}", InspectionTable(inspection));
    if (flags->json.asked()) {
      flags->json.Write(inspection, flags->force.if_exists());
    }
  });
}

void AddWindows(CLI::App& dataset) {
  CLI::App* verb = dataset.add_subcommand(
      "windows", "Write a split's CSI as one .npy, for other runtimes");
  const auto flags = std::make_shared<WindowsFlags>();
  verb->add_option("--data,dir", flags->data.folder,
                   "Folder in the preprocessed_csi_data layout, or with a "
                   "dataset.json")
      ->required();
  AddDataOptions(*verb, flags->data);
  verb->add_option("--out", flags->out,
                   "Windows .npy [n, ...] to write, - for stdout")
      ->required();
  verb->add_option("--split", flags->split, "test, val, train or all")
      ->capture_default_str();
  verb->add_option("--subset", flags->subset,
                   "clean, or full with corrupt windows zeroed")
      ->capture_default_str();
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Example:\n  edge-int8 dataset windows preprocessed_csi_data --out "
      "test.npy");
  verb->callback([flags] {
    flags->out = OutputArray(flags->out);
    flags->json.CheckApart(flags->out);
    const Split split = ParseSplit(flags->split);
    const Subset subset = ParseSubset(flags->subset);
    VerbFiles()
        .ReadsDataset("the folder", flags->data.folder, flags->data.Options())
        .Writes("--out", flags->out)
        .Writes("--json", flags->json.output())
        .Check(flags->force.if_exists());
    const int64_t windows =
        ExtractWindows(flags->data.Open(), split, subset, flags->out,
                       flags->force.if_exists());
    ReportMade(
        flags->json, flags->force,
        {flags->out,
         fmt::format("wrote {}: {} windows, {} split, {} subset",
                     flags->out.string(), windows, flags->split, flags->subset),
         {{"windows", windows},
          {"split", flags->split},
          {"subset", flags->subset}}});
  });
}

}  // namespace

void AddDataset(CLI::App& app) {
  CLI::App* dataset =
      app.add_subcommand("dataset", "Make, import or inspect a dataset folder");
  dataset->require_subcommand(1);
  dataset->footer("Example:\n  edge-int8 dataset inspect synthetic");
  AddSynth(*dataset);
  AddInspect(*dataset);
  AddWindows(*dataset);
  AddImport(*dataset);
}

}  // namespace edge_int8
