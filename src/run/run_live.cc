#include "src/run/run_live.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/notice.h"
#include "src/base/shape_match.h"
#include "src/live/import_record.h"
#include "src/live/replay_packets.h"
#include "src/run/load_predictor.h"

namespace edge_int8 {
namespace {

// Where a folder does not say how fast its windows came: the receivers of the
// network family's own data set.
constexpr double kUsualRate = 200;
constexpr int kWindowsOverAStep = 4;

void Refuse(const SourceSpec& source, bool given, std::string_view flag,
            std::string_view why) {
  if (given) {
    FailUsage(fmt::format("{} with --source {}: {}", flag, source.text, why));
  }
}

void CheckFlags(const LiveOptions& o) {
  const SourceSpec& source = o.source;
  const bool replay = source.kind == SourceKind::kReplay;
  Refuse(source, source.is_live() && o.speed.has_value(), "--speed",
         "packets come when they come");
  Refuse(source, o.loop && !replay, "--loop", "only a replay begins again");
  Refuse(source, o.reconnect > 0 && !source.is_live(), "--reconnect",
         "a recording ends for good");
  for (const auto& [given, flag] :
       {std::pair{!o.like.empty(), "--like"},
        {!o.links.empty(), "--links"},
        {o.drop_guards, "--drop-guards"},
        {o.scale.has_value(), "--scale"},
        {!o.time.empty(), "--time"},
        {o.value != CsiValue::kAmplitude, "--phase-difference"}}) {
    Refuse(source, replay && given, flag, "the folder's windows are made");
  }
}

}  // namespace

LiveRun::LiveRun(const LiveOptions& options, const OpenStream& open_stream)
    : options_(options) {
  CheckFlags(options_);
  SetModel();
  SessionOptions session;
  LiveSetup& setup = session.setup;
  setup.model = options_.model.string();
  setup.source = options_.source.text;
  setup.rows = rows_;
  setup.frames = frames_;
  setup.hop = hop_;
  setup.rate = options_.rate;
  setup.max_gap = options_.max_gap;
  setup.links = options_.links;
  setup.drop_guards = options_.drop_guards;
  setup.value = options_.value;
  setup.time = options_.time;
  session.is_live = options_.source.is_live();
  session.queue = options_.queue;
  session.reconnect = options_.reconnect;
  session.count = options_.count;
  session.when_full = options_.when_full.value_or(
      session.is_live ? WhenFull::kDrop : WhenFull::kWait);
  SetSource(session, open_stream);
  session_ = std::make_unique<LiveSession>(std::move(session), *predictor_);
}

LiveRun::~LiveRun() = default;

const Shape& LiveRun::output() const { return predictor_->shapes().output; }

void LiveRun::SetModel() {
  LoadedPredictor loaded = LoadPredictor(options_.model, options_.network);
  predictor_ = std::move(loaded.predictor);
  const Shape& input = predictor_->shapes().input;
  const int64_t values = ElementCount(input);
  // A window's last axis is time; one without is of one step.
  frames_ = static_cast<int>(input.size() > 1 ? input.back() : 1);
  rows_ = values / frames_;
  hop_ = options_.hop > 0 ? options_.hop
                          : std::max(1, frames_ / kWindowsOverAStep);
}

void LiveRun::SetSource(SessionOptions& session,
                        const OpenStream& open_stream) {
  if (options_.source.kind == SourceKind::kReplay) {
    SetReplay(session);
  } else {
    SetText(session, open_stream);
  }
}

void LiveRun::SetReplay(SessionOptions& session) {
  const std::filesystem::path folder = options_.source.path;
  replayed_.emplace(Dataset::Open(folder));
  const Shape& window = replayed_->task().window;
  if (!ShapesAgree(predictor_->shapes().input, window)) {
    FailInput(options_.source.text,
              fmt::format("its windows are {}; {} takes {}", ShapeText(window),
                          options_.model.string(),
                          ShapeText(predictor_->shapes().input)));
  }
  const std::optional<ImportRecord> record = ReadImportRecord(folder);
  ReplayShape shape;
  shape.rows = rows_;
  shape.frames = frames_;
  shape.stride = record && record->frames == frames_ ? record->stride : frames_;
  shape.rate = options_.rate > 0 ? options_.rate
               : record          ? record->rate
                                 : kUsualRate;
  CapturePlan plan;
  plan.width = {1, static_cast<int>(rows_)};
  plan.links = {LinkKey()};
  plan.kept.resize(static_cast<std::size_t>(rows_));
  std::iota(plan.kept.begin(), plan.kept.end(), 0);
  plan.rate = shape.rate;
  session.setup.plan = plan;
  shape.gap_steps =
      static_cast<int64_t>(std::ceil(
          static_cast<double>(GapLimit(options_.max_gap, shape.rate)) / 1e9 *
          shape.rate)) +
      2;
  const double speed = options_.speed.value_or(1);
  session.open = [this, shape, speed](const StopFlag& stop) {
    std::unique_ptr<LivePackets> packets =
        std::make_unique<ReplayPackets>(*replayed_, shape, options_.loop);
    return speed > 0 ? Paced(std::move(packets), speed, stop)
                     : std::move(packets);
  };
}

void LiveRun::SetText(SessionOptions& session, const OpenStream& open_stream) {
  LiveSetup& setup = session.setup;
  if (!options_.like.empty()) {
    setup.like = ReadImportRecord(options_.like);
    if (!setup.like) {
      FailInput(options_.like.string(),
                "has no import.json of packets: --like takes a folder that "
                "`dataset import esp32` wrote");
    }
  }
  setup.scale = options_.scale.value_or(setup.like ? setup.like->scale : 1.0);
  const SourceSpec& source = options_.source;
  if (source.kind == SourceKind::kFile &&
      std::filesystem::is_regular_file(source.path)) {
    setup.recording = source.path;
  } else {
    session.is_live = true;  // a pipe, too, may fall silent
  }
  const double speed = options_.speed.value_or(0);
  session.open = [this, open_stream, speed](const StopFlag& stop) {
    const SourceSpec& from = options_.source;
    auto packets =
        TextPackets(from.text,
                    from.kind == SourceKind::kFile ? OpenFile(from.path, stop)
                                                   : open_stream(from, stop),
                    options_.time);
    return speed > 0 ? Paced(std::move(packets), speed, stop)
                     : std::move(packets);
  };
}

void LiveRun::Run(const std::function<void(const LivePose&)>& on_pose) {
  bool looked = false;
  const bool unscaled = options_.source.kind != SourceKind::kReplay &&
                        options_.value == CsiValue::kAmplitude &&
                        !options_.scale && options_.like.empty();
  session_->Run([&](const LivePose& pose) {
    if (!looked && !pose.window.empty()) {
      looked = true;
      const float largest = *std::ranges::max_element(pose.window);
      if (unscaled && largest > 2) {
        SayNote(
            fmt::format("values up to {:.4g} reach the model as they are: "
                        "--like or --scale says what its training "
                        "multiplied by",
                        largest));
      }
    }
    on_pose(pose);
  });
  const SessionSummary& s = summary();
  if (options_.source.kind == SourceKind::kFile && s.counts.packets == 0 &&
      !Interrupted()) {
    std::string left_out;
    for (const auto& [why, count] : s.counts.left_out) {
      left_out += fmt::format("; {} {}", count, why);
    }
    FailInput(options_.source.text,
              fmt::format("holds no packet that esp32 prints{}", left_out));
  }
}

}  // namespace edge_int8
