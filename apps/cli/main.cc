// edge-int8: the command line. This file picks the verb and turns an Error into
// a message and an exit code (docs/command-line.md). Tested by tests/cli/ and,
// under an MPI launcher, by tests/ranks/.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/common_flags.h"
#include "apps/cli/help_formatter.h"
#include "apps/cli/unknown_word.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/mpi_communicator.h"
#include "src/base/parallel.h"
#include "src/base/program.h"
#include "src/base/shell_quote.h"
#include "src/qgraph/artifact_file.h"
#include "src/run/version.h"

namespace edge_int8 {
namespace {

// The command line as one could type it again.
std::string CommandText(int argc, char** argv) {
  std::string text = "edge-int8";
  for (int i = 1; i < argc; ++i) {
    text += fmt::format(" {}", ShellQuote(argv[i]));
  }
  return text;
}

// Named before what is missing: an unknown word is often why it is.
int ReportParse(const CLI::App& app, const CLI::ParseError& error) {
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (code == CLI::ExitCodes::RequiredError ||
      code == CLI::ExitCodes::ExtrasError) {
    if (const auto unknown = DescribeUnknownWord(app)) {
      FailUsage(fmt::format("{} (--help shows what there is)", *unknown));
    }
  }
  return app.exit(error) == 0 ? 0 : static_cast<int>(ErrorKind::kUsage);
}

struct GlobalFlags {
  int threads = 0;
  int64_t most_arena = kDefaultMostArenaBytes >> 20;  // MiB
};

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags) {
  app.add_option(
         "--threads", flags.threads,
         "Threads to use; 0 means all cores. Results don't depend on it")
      ->check(CLI::Range(0, kMostThreads));
  app.add_option("--max-arena", flags.most_arena,
                 "Memory that one thread may need for an .ei8: MiB, or a size "
                 "as 64M")
      ->transform(SizeIn(int64_t{1} << 20))
      ->check(CLI::Range(int64_t{1}, kMostArenaMib))
      ->capture_default_str();
}

int Run(int argc, char** argv) {
  CLI::App app{
      "Integer inference for WiFi-CSI pose networks, measured under one locked "
      "metric."};
  app.name("edge-int8");
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", std::string(VersionText()));
  app.require_subcommand(1);
  app.fallthrough();
  GlobalFlags flags;
  AddGlobalFlags(app, flags);
  app.parse_complete_callback([&flags] {
    SetMostArenaBytes(flags.most_arena << 20);
    SetThreads(flags.threads);
    RequireThreads(ThreadCount());
  });
  AddDescribe(app);
  AddDataset(app);
  AddPredict(app);
  AddEvaluate(app);
  AddTrain(app);
  AddQuantize(app);
  AddExplain(app);
  AddSearch(app, CommandText(argc, argv));
  AddLatency(app);
  AddLive(app);
  AddServe(app);
  AddVerify(app);
  AddExport(app);
  AddReport(app);
  AddBench(app, CommandText(argc, argv));
  AddSelfDescription(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParse(app, error);
  }
  return 0;
}

// The first word that is neither a flag nor a flag's value.
std::string_view VerbOf(const std::vector<std::string_view>& words) {
  CLI::App app;
  GlobalFlags flags;
  AddGlobalFlags(app, flags);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) return words[i];
    // "--threads=4" is the name of none.
    const CLI::Option* const option =
        app.get_option_no_throw(std::string(words[i]));
    if (option != nullptr && option->get_items_expected_min() > 0) ++i;
  }
  return "";
}

// What ends in edge-int8-train in this process' place: that one is the rank.
bool HandsOver(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const std::string_view verb = VerbOf(words);
  if (verb != "quantize") return verb == "train";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--method=qat") return true;
    if (words[i] == "--method" && i + 1 < words.size()) {
      return words[i + 1] == "qat";
    }
  }
  return false;
}

JobStart StartOfJob(int argc, char** argv) {
  JobStart start;
  if (!HandsOver(argc, argv)) start.communicator = StartMpi;
  start.version = fmt::format("{} {}", VersionNumber(), BuildCommit());
  start.command = CommandText(argc, argv);
  return start;
}

}  // namespace
}  // namespace edge_int8

int main(int argc, char** argv) {
  return edge_int8::RunToExit([&] { return edge_int8::Run(argc, argv); },
                              edge_int8::StartOfJob(argc, argv));
}
