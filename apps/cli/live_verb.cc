// edge-int8 live: poses of packets as they come, a JSON object a line.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/live_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/rank_share.h"
#include "src/live/pose_line.h"
#include "src/live/socket_stream.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

struct LiveVerbFlags {
  LiveFlags live;
  std::filesystem::path out;
  JsonFlag json;
  ForceFlag force;
};

// Lines that others read while they are written: each is flushed, and a file
// grows under its own name.
class LineOutput {
 public:
  explicit LineOutput(const std::filesystem::path& path)
      : path_(path.empty() ? "stdout" : path.string()),
        file_(path.empty() ? stdout : Create(path)) {
    if (file_ == nullptr) {
      FailInput(path_,
                fmt::format("can't be created: {}", std::strerror(errno)));
    }
  }
  ~LineOutput() {
    if (file_ != stdout) std::fclose(file_);
  }
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  void Write(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() ||
        std::fflush(file_) != 0) {
      FailInput(path_,
                fmt::format("can't be written: {}", std::strerror(errno)));
    }
  }

 private:
  // To be appended to, so that whoever takes lines away can cut the file.
  static std::FILE* Create(const std::filesystem::path& path) {
    std::FILE* const made = std::fopen(path.c_str(), "we");
    return made == nullptr ? made : std::freopen(path.c_str(), "ae", made);
  }

  const std::string path_;
  std::FILE* const file_;
};

void RunLiveVerb(const LiveVerbFlags& flags) {
  const LiveOptions options = flags.live.Options();
  VerbFiles files;
  files.Reads("--model", options.model);
  if (options.source.kind == SourceKind::kReplay) {
    files.ReadsDataset("--source", options.source.path, {});
  } else if (options.source.kind == SourceKind::kFile &&
             options.source.path != "-") {
    files.Reads("--source", options.source.path);
  }
  if (!options.like.empty()) files.ReadsDataset("--like", options.like, {});
  files.Writes("--out", flags.out)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  if (flags.json.to_stdout() && flags.out.empty()) {
    FailUsage("--json and the poses would both go to stdout: give one a file");
  }
  LiveRun run(options, OpenSocket);
  LineOutput out(flags.out);
  const auto tell = [&] {
    fmt::print(stderr, "{}\n", SummaryText(run.summary()));
    if (flags.json.asked()) {
      flags.json.Write(SummaryJson(run.summary()), flags.force.if_exists());
    }
  };
  try {
    run.Run(
        [&](const LivePose& pose) { out.Write(PoseLine(pose, run.output())); });
  } catch (const Error& error) {
    if (run.summary().poses > 0) tell();
    throw;
  }
  tell();
}

}  // namespace

void AddLive(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "live", "Poses of packets as they come, as lines of JSON");
  const auto flags = std::make_shared<LiveVerbFlags>();
  AddLiveFlags(*verb, flags->live);
  verb->add_option("--out,--output", flags->out,
                   "File to write the lines to as they come (default: stdout)");
  AddJsonFlag(*verb, flags->json);
  AddForceFlag(*verb, flags->force);
  verb->footer(
      "Ctrl-C ends it with a summary.\n\n"
      "Example:\n  edge-int8 live --model half.ei8 --source "
      "serial:/dev/ttyUSB0 --like mine");
  verb->callback([flags] { OnRoot([&] { RunLiveVerb(*flags); }); });
}

}  // namespace edge_int8
