// edge-int8 live: poses of packets as they come, a JSON object a line.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/live_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/output_file.h"
#include "src/base/rank_share.h"
#include "src/live/pose_line.h"
#include "src/live/socket_stream.h"
#include "src/run/verb_files.h"

namespace edge_int8 {
namespace {

constexpr const char* kStdout = "/dev/stdout";

struct LiveVerbFlags {
  LiveFlags live;
  std::filesystem::path out;
  JsonFlag json;
  ForceFlag force;
};

// Lines that others read while they are written: a file grows under its own
// name, to be appended to, so that whoever takes lines away can cut it.
class LineOutput {
 public:
  explicit LineOutput(const std::filesystem::path& path)
      : path_(path.string()), file_(Open(path)) {
    if (file_ < 0) {
      FailInput(path_,
                fmt::format("can't be created: {}", std::strerror(errno)));
    }
  }
  ~LineOutput() {
    if (file_ != STDOUT_FILENO) close(file_);
  }
  LineOutput(const LineOutput&) = delete;
  LineOutput& operator=(const LineOutput&) = delete;

  // Whole lines: at Ctrl-C one that waits for a slow reader is not begun.
  void Write(std::string_view text) {
    bool begun = false;
    while (!text.empty()) {
      const ssize_t written = write(file_, text.data(), text.size());
      if (written > 0) {
        text.remove_prefix(static_cast<std::size_t>(written));
        begun = true;
      } else if (written < 0 && errno != EINTR) {
        FailInput(path_,
                  fmt::format("can't be written: {}", std::strerror(errno)));
      } else if (!begun && Interrupted()) {
        return;
      }
    }
  }

 private:
  static int Open(const std::filesystem::path& path) {
    if (path == kStdout) return STDOUT_FILENO;
    const int cut = IsStream(path) ? 0 : O_TRUNC;
    return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | cut,
                0666);
  }

  const std::string path_;
  const int file_;
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
  const std::filesystem::path lines =
      flags.out.empty() ? kStdout : OutputArray(flags.out);
  files.Writes("--out", lines)
      .Writes("--json", flags.json.output())
      .Check(flags.force.if_exists());
  if (flags.json.to_stdout() && lines == kStdout) {
    FailUsage("--json and the poses would both go to stdout: give one a file");
  }
  LiveRun run(options, OpenSocket);
  LineOutput out(lines);
  const auto tell = [&] {
    if (flags.json.asked()) {
      flags.json.Write(SummaryJson(run.summary()), flags.force.if_exists());
    }
    // The terminal may be gone: that is no failure of the run.
    std::fputs((SummaryText(run.summary()) + "\n").c_str(), stderr);
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
