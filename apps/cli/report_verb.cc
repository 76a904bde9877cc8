// edge-int8 report: what runs left in their folders, as a page to look at.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "apps/cli/common_flags.h"
#include "apps/cli/verbs.h"
#include "src/run/write_report.h"

namespace edge_int8 {
namespace {

struct ReportFlags {
  ReportOptions options;
  bool still = false;
  JsonFlag json;
  ForceFlag force;
};

void RunReport(ReportFlags& flags) {
  flags.options.scripts = !flags.still;
  flags.options.if_exists = flags.force.if_exists();
  flags.options.json = flags.json.output();
  const WrittenReport written = WriteReport(flags.options);
  nlohmann::json pictures = nlohmann::json::array();
  for (const auto& picture : written.pictures) {
    pictures.push_back(picture.string());
    if (!flags.json.to_stdout()) fmt::print("wrote {}\n", picture.string());
  }
  ReportMade(flags.json, flags.force,
             {flags.options.out,
              fmt::format("wrote {} ({:.2f} MB)", flags.options.out.string(),
                          static_cast<double>(written.page_bytes) / 1e6),
              {{"pictures", std::move(pictures)}}});
}

}  // namespace

void AddReport(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "report", "One page that shows what bench, explain and search measured");
  const auto flags = std::make_shared<ReportFlags>();
  flags->options.out = "report.html";
  verb->add_option("runs", flags->options.runs,
                   "Folders of results.json, explain.json, search.json, "
                   "latency*.json, peers.json")
      ->required()
      ->type_name("RUN_DIR");
  verb->add_option("--out", flags->options.out, "The page to write")
      ->capture_default_str();
  verb->add_option("--svg", flags->options.svg,
                   "Also write the charts as static SVG into this folder");
  verb->add_flag("--static", flags->still,
                 "A page in which nothing runs: no player, no sorting");
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Examples:\n  edge-int8 report runs/a\n  edge-int8 report runs/a runs/b "
      "--out compare.html --svg pictures");
  verb->callback([flags] { RunReport(*flags); });
}

}  // namespace edge_int8
