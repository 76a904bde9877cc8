#include "apps/cli/live_flags.h"

#include <fmt/format.h>

#include "apps/cli/common_flags.h"
#include "apps/cli/packet_flags.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

void AddSourceFlags(CLI::App& verb, LiveFlags& flags) {
  LiveOptions& options = flags.options;
  verb.add_option("--source", flags.source,
                  "serial:DEVICE, udp:PORT, tcp:HOST:PORT, file:FILE (- is "
                  "stdin) or replay:FOLDER of a data set")
      ->required();
  flags.baud_option = verb.add_option("--baud", flags.baud, "Of a serial port")
                          ->check(CLI::Range(300, 20'000'000))
                          ->capture_default_str();
  verb.add_option("--time", options.time,
                  "Column of the packets' time stamps; without it the clearest "
                  "by its name");
  flags.speed_option =
      verb.add_option("--speed", flags.speed,
                      "Of a file or a replay: so many times as fast as it was; "
                      "0 is as fast as can be (default: 0 of a file, 1 of a "
                      "replay)")
          ->check(CLI::Range(0.0, 1e6))
          ->check(RefuseNan);
  verb.add_flag("--loop", options.loop, "A replay begins again at its end");
  verb.add_option("--reconnect", options.reconnect,
                  "Seconds after which a source that died is opened again; 0: "
                  "never")
      ->check(CLI::Range(0.0, 3600.0))
      ->check(RefuseNan)
      ->capture_default_str();
}

void AddClockFlags(CLI::App& verb, LiveFlags& flags) {
  LiveOptions& options = flags.options;
  verb.add_option("--like", options.like,
                  "The folder of `dataset import` that the model was trained "
                  "on: senders, subcarriers, rate, gap limit and scale as "
                  "there");
  AddRateFlag(verb, options.rate);
  verb.add_option("--hop", options.hop,
                  "Steps from a window to the next (default: a quarter of the "
                  "window)")
      ->check(CLI::Range(1, 1000000));
  verb.add_option("--max-gap", options.max_gap,
                  "Seconds between packets that are interpolated; beyond them "
                  "there is no pose (default: 0.2, or 4 steps)")
      ->check(CLI::Range(1e-6, 3600.0))
      ->check(RefuseNan);
  flags.scale_option =
      verb.add_option("--scale", flags.scale,
                      "What values are multiplied by: the x_scale of the "
                      "training's data (default: 1)")
          ->check(CLI::Range(1e-30, 1e30))
          ->check(RefuseNan);
  AddSenderFlags(verb, options.links, options.drop_guards);
  AddPhaseFlag(verb, flags.phase_difference);
}

}  // namespace

void AddLiveFlags(CLI::App& verb, LiveFlags& flags) {
  verb.add_option("--model", flags.options.model, "An .ei8, .pth or .onnx file")
      ->required();
  AddSourceFlags(verb, flags);
  AddClockFlags(verb, flags);
  verb.add_option("--queue", flags.queue,
                  "Windows that may wait for the engine")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  verb.add_option("--when-full", flags.when_full,
                  "wait: read no further; drop: the oldest window (default: "
                  "wait for a file or a replay, else drop)")
      ->check(CLI::IsMember({"wait", "drop"}));
  verb.add_option("--count", flags.options.count, "End after so many poses")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 52));
  AddNetworkFlags(verb, flags.options.network);
}

LiveOptions LiveFlags::Options() const {
  LiveOptions made = options;
  made.source = ParseSource(source);
  made.source.baud = baud;
  if (baud_option->count() > 0 && made.source.kind != SourceKind::kSerial) {
    FailUsage(fmt::format("--baud with --source {}: only a serial port has one",
                          source));
  }
  if (phase_difference) made.value = CsiValue::kPhaseDifference;
  if (scale_option->count() > 0) made.scale = scale;
  if (speed_option->count() > 0) made.speed = speed;
  made.queue = static_cast<std::size_t>(queue);
  if (!when_full.empty()) {
    made.when_full = when_full == "wait" ? WhenFull::kWait : WhenFull::kDrop;
  }
  return made;
}

}  // namespace edge_int8
