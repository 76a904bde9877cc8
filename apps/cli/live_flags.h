// Flags that `live` and `serve` share: the model, the source, how its packets
// become windows.
#ifndef EDGE_INT8_APPS_CLI_LIVE_FLAGS_H_
#define EDGE_INT8_APPS_CLI_LIVE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "src/run/run_live.h"

namespace edge_int8 {

struct LiveFlags {
  LiveOptions options;
  std::string source;
  std::string when_full;
  int baud = 921600;
  double scale = 1, speed = 1;
  int queue = 8;
  bool phase_difference = false;
  CLI::Option* scale_option = nullptr;
  CLI::Option* speed_option = nullptr;
  CLI::Option* baud_option = nullptr;

  // Throws kUsage.
  LiveOptions Options() const;
};

void AddLiveFlags(CLI::App& verb, LiveFlags& flags);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_LIVE_FLAGS_H_
