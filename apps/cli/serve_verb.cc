// edge-int8 serve: poses by WebSocket, and the page that shows them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "apps/cli/common_flags.h"
#include "apps/cli/live_flags.h"
#include "apps/cli/verbs.h"
#include "src/base/error.h"
#include "src/base/rank_share.h"
#include "src/live/pose_line.h"
#include "src/live/pose_server.h"
#include "src/live/request_policy.h"
#include "src/live/socket_stream.h"
#include "src/run/live_page.h"

namespace edge_int8 {
namespace {

constexpr double kReconnect = 2;  // seconds
// The page reads no longer messages; a pose alone is far shorter.
constexpr std::size_t kMostCsi = std::size_t{512} << 10;

struct ServeFlags {
  LiveFlags live;
  ServerOptions server;
  std::string listen = "127.0.0.1:8765";
  std::filesystem::path page;
  bool no_csi = false;
};

ServerOptions MakeServerOptions(const ServeFlags& flags) {
  ServerOptions options = flags.server;
  options.listen =
      ParseHostPort("--listen " + flags.listen, flags.listen, true);
  const char* const token = std::getenv("EDGE_INT8_TOKEN");
  if (options.token.empty() && token != nullptr) options.token = token;
  if (!options.token.empty() && !IsToken(options.token)) {
    FailUsage(
        "the token is no 16 to 128 letters, digits, '-', '_', '.' or '~'");
  }
  if (options.token.empty() &&
      std::ranges::find(options.origins, "null") != options.origins.end()) {
    FailUsage(
        "--allow-origin null needs --token: a page of any site can make itself "
        "one without an origin");
  }
  options.page = LivePage(flags.page);
  return options;
}

std::string Address(const ServerOptions& options, uint16_t port) {
  const std::string& host = options.listen.host;
  const bool six = host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}/{}", six ? "[" : "", host,
                     six ? "]" : "", port,
                     options.token.empty() ? "" : "?token=...");
}

void RunServe(const ServeFlags& flags) {
  LiveOptions options = flags.live.Options();
  if (options.source.is_live() && options.reconnect <= 0) {
    options.reconnect = kReconnect;
  }
  const ServerOptions server_options = MakeServerOptions(flags);
  // The address first: a model may take a while to load.
  const std::unique_ptr<PoseServer> server = OpenPoseServer(server_options);
  LiveRun run(options, OpenSocket);
  fmt::print("{} {}\n",
             server_options.page.empty()
                 ? "no page is built here: connect one by WebSocket to"
                 : "open",
             Address(server_options, server->port()));
  std::fflush(stdout);
  const auto tell = [&] {
    const ServerCounts counts = server->counts();
    fmt::print(stderr,
               "{}\n  {} clients, {} dropped as slow, {} as noisy, {} "
               "requests refused\n",
               SummaryText(run.summary()), counts.clients, counts.slow,
               counts.noisy, counts.refused);
  };
  try {
    run.Run([&](const LivePose& pose) {
      std::string lines;
      if (!pose.values.empty() && !flags.no_csi) {
        lines = CsiLines(pose, run.rows(), run.hop());
        if (lines.size() > kMostCsi) lines.clear();
      }
      server->Send(lines + PoseLine(pose, run.output()));
    });
  } catch (const Error& error) {
    if (run.summary().poses > 0) tell();
    throw;
  }
  tell();
}

}  // namespace

void AddServe(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "serve", "Poses by WebSocket as packets come, and the page for them");
  const auto flags = std::make_shared<ServeFlags>();
  AddLiveFlags(*verb, flags->live);
  verb->add_option("--listen", flags->listen,
                   "Address and port; beyond this machine it needs --token")
      ->capture_default_str();
  verb->add_option("--token", flags->server.token,
                   "What clients say as ?token=, 16 characters or more; "
                   "EDGE_INT8_TOKEN in the environment hides it from others");
  verb->add_option("--allow-origin", flags->server.origins,
                   "A page's origin that may connect beside the server's own; "
                   "null, with --token, is one opened from a file")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_option("--clients", flags->server.clients,
                   "Most that may watch at a time")
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  verb->add_option("--page", flags->page,
                   "The page's file, instead of the one built with the "
                   "program");
  verb->add_flag("--no-csi", flags->no_csi,
                 "Send poses only, without the amplitudes they are of");
  verb->footer(
      "Ctrl-C ends it.\n\n"
      "Example:\n  edge-int8 serve --model half.ei8 --source "
      "serial:/dev/ttyUSB0 --like mine");
  verb->callback([flags] { OnRoot([&] { RunServe(*flags); }); });
}

}  // namespace edge_int8
