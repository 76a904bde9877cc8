#include "src/run/write_report.h"

#include <fmt/format.h>

#include "src/base/error.h"
#include "src/base/shell_quote.h"
#include "src/report/chart.h"
#include "src/report/page.h"
#include "src/run/verb_files.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

struct PictureFile {
  fs::path path;
  const std::string* svg;
};

// ladder.svg, by another metric ladder-pck10.svg; of several runs 1-ladder.svg,
// 2-ladder.svg; of several models joints-1.svg, joints-2.svg. Names of runs and
// models are not file names.
std::vector<PictureFile> PictureFiles(
    const fs::path& folder, const std::vector<std::vector<Chart>>& runs) {
  std::vector<PictureFile> files;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string run = runs.size() > 1 ? fmt::format("{}-", i + 1) : "";
    for (const Chart& chart : runs[i]) {
      for (const Picture& picture : chart.pictures) {
        files.push_back({folder / fmt::format("{}{}{}.svg", run, chart.kind,
                                              picture.suffix),
                         &picture.wide});
      }
    }
  }
  return files;
}

}  // namespace

std::string ReportCommand(const ReportOptions& options) {
  std::string command = "edge-int8 report";
  for (const fs::path& run : options.runs) {
    command += fmt::format(" {}", ShellQuote(run.string()));
  }
  if (!options.out.empty()) {
    command += fmt::format(" --out {}", ShellQuote(options.out.string()));
  }
  if (!options.svg.empty()) {
    command += fmt::format(" --svg {}", ShellQuote(options.svg.string()));
  }
  if (!options.scripts) command += " --static";
  return command + " --force";
}

WrittenReport WriteReport(const ReportOptions& options) {
  if (options.runs.empty()) FailUsage("report: name a run folder");
  VerbFiles files;
  for (const fs::path& folder : options.runs) files.ReadsRun("the run", folder);
  files.Writes("--out", options.out)
      .Writes("--json", options.json)
      .Check(options.if_exists);
  std::vector<RunReport> runs;
  for (const fs::path& folder : options.runs) runs.push_back(ReadRun(folder));
  const Palette palette(runs);
  WrittenReport written;
  if (!options.svg.empty()) {
    std::vector<std::vector<Chart>> charts;
    for (const RunReport& run : runs) charts.push_back(ChartsOf(run, palette));
    const std::vector<PictureFile> pictures = PictureFiles(options.svg, charts);
    for (const PictureFile& picture : pictures) {
      files.Writes("--svg", picture.path);
    }
    files.Check(options.if_exists);
    for (const PictureFile& picture : pictures) {
      WriteFile(picture.path, *picture.svg + "\n", options.if_exists);
      written.pictures.push_back(picture.path);
    }
  }
  if (!options.out.empty()) {
    const std::string page = RenderPage(
        runs,
        {ReportCommand(options), std::string(VersionText()), options.scripts});
    WriteFile(options.out, page, options.if_exists);
    written.page_bytes = page.size();
  }
  return written;
}

}  // namespace edge_int8
