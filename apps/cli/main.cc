// edge-int8: the command line. This file picks the verb and turns an Error into
// a message and an exit code (docs/command-line.md). Tested by tests/cli/.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "apps/cli/unknown_word.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/parallel.h"
#include "src/base/shell_quote.h"
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

int Report(ErrorKind kind, const char* message) {
  // Not by fmt, which throws when stderr is gone with its terminal.
  std::fprintf(stderr, "edge-int8: %s\n", message);
  return static_cast<int>(kind);
}

// Named before what is missing: an unknown word is often why it is.
int ReportParse(const CLI::App& app, const CLI::ParseError& error) {
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (code == CLI::ExitCodes::RequiredError ||
      code == CLI::ExitCodes::ExtrasError) {
    if (const auto unknown = DescribeUnknownWord(app)) {
      return Report(
          ErrorKind::kUsage,
          fmt::format("{} (--help shows what there is)", *unknown).c_str());
    }
  }
  return app.exit(error) == 0 ? 0 : static_cast<int>(ErrorKind::kUsage);
}

int Run(int argc, char** argv) {
  CLI::App app{
      "Integer inference for WiFi-CSI pose networks, measured under one locked "
      "metric."};
  app.name("edge-int8");
  app.set_version_flag("--version", std::string(VersionText()));
  app.require_subcommand(1);
  app.fallthrough();
  int threads = 0;
  app.add_option(
         "--threads", threads,
         "Threads to use; 0 means all cores. Results don't depend on it")
      ->check(CLI::Range(0, 1024));
  app.parse_complete_callback([&threads] { SetThreads(threads); });
  AddDescribe(app);
  AddDataset(app);
  AddPredict(app);
  AddEvaluate(app);
  AddTrain(app);
  AddQuantize(app);
  AddExplain(app);
  AddSearch(app, CommandText(argc, argv));
  AddLatency(app);
  AddVerify(app);
  AddExport(app);
  AddReport(app);
  AddBench(app, CommandText(argc, argv));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParse(app, error);
  }
  return 0;
}

}  // namespace
}  // namespace edge_int8

int main(int argc, char** argv) {
  using edge_int8::ErrorKind;
  edge_int8::WatchForInterrupt();
  // A file size limit is an error to report, not a reason to die.
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    const int code = edge_int8::Run(argc, argv);
    // A full disk behind stdout must not look like success.
    if (std::fflush(stdout) != 0) {
      return edge_int8::Report(ErrorKind::kBadInput,
                               "stdout could not be written");
    }
    return code;
  } catch (const edge_int8::Error& error) {
    return edge_int8::Report(error.kind(), error.what());
  } catch (const std::system_error& error) {
    // What fmt throws when stdout can't be written.
    return edge_int8::Report(ErrorKind::kBadInput, error.what());
  } catch (const std::bad_alloc&) {
    return edge_int8::Report(ErrorKind::kInternal, "out of memory");
  } catch (const std::exception& error) {
    return edge_int8::Report(ErrorKind::kInternal, error.what());
  }
}
