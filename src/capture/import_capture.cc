#include "src/capture/import_capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/base/progress.h"
#include "src/capture/capture_survey.h"
#include "src/capture/esp32_source.h"
#include "src/capture/packet_windows.h"
#include "src/capture/pairs_writer.h"
#include "src/capture/pose_track.h"
#include "src/capture/recording_names.h"
#include "src/capture/time_columns.h"
#include "src/capture/time_text.h"
#include "src/capture/window_clock.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int64_t kMebibyte = int64_t{1} << 20;

void CheckOptions(const CaptureOptions& options) {
  if (options.poses.size() != 1 &&
      options.poses.size() != options.captures.size()) {
    FailUsage(fmt::format(
        "{} files of poses for {} captures: expected one for all or one for "
        "each, in the same order",
        options.poses.size(), options.captures.size()));
  }
  double offset = 0;
  const std::string& text = options.pose_offset;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), offset);
  const bool number = result.ec == std::errc() &&
                      result.ptr == text.data() + text.size() &&
                      std::abs(offset) < 4e9;
  if (!number && text != "start") {
    FailUsage(
        fmt::format("--pose-offset {}: expected seconds or 'start'", text));
  }
}

// The names of the columns of the first header in the beginning of a capture.
std::vector<std::string> CaptureColumns(const fs::path& path) {
  FileStream bytes(path, false);
  Esp32Source source(path.string(), bytes, "");
  CsiPacket packet;
  for (int i = 0; i < 100 && source.columns().empty(); ++i) {
    if (!source.Next(packet)) break;
  }
  return source.columns();
}

const fs::path& PosesOf(const CaptureOptions& options, std::size_t capture) {
  return options.poses[options.poses.size() == 1 ? 0 : capture];
}

// The columns of time of a capture and of its poses: of one clock, where both
// tables have one.
struct TimeColumns {
  std::string packets, poses;
};

TimeColumns ChooseTimes(const CaptureOptions& options, std::size_t capture) {
  TimeColumns times{options.time, options.pose_time};
  if (options.kind != CaptureKind::kEsp32 ||
      (!times.packets.empty() && !times.poses.empty())) {
    return times;
  }
  const fs::path& poses = PosesOf(options, capture);
  const MappedFile file(poses);
  const std::vector<std::string> pose_columns =
      PoseColumns(poses.string(), AsText(file.bytes()).substr(0, 1 << 16));
  const std::vector<std::string> columns =
      CaptureColumns(options.captures[capture]);
  const auto common = CommonTimeColumn(columns, pose_columns);
  if (common && times.packets.empty() && times.poses.empty()) {
    return {*common, *common};
  }
  const auto also_in = [](const std::vector<std::string>& names,
                          const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (times.poses.empty() && !times.packets.empty() &&
      also_in(pose_columns, ColumnName(times.packets))) {
    times.poses = times.packets;
  }
  if (times.packets.empty() && !times.poses.empty() &&
      also_in(columns, ColumnName(times.poses))) {
    times.packets = times.poses;
  }
  return times;
}

class CaptureImport {
 public:
  CaptureImport(const CaptureOptions& options, const fs::path& out,
                IfExists if_exists, const std::string& tool)
      : options_(options),
        out_(out),
        if_exists_(if_exists),
        tool_(tool),
        names_(RecordingNames(options.captures)) {
    for (std::size_t i = 0; i < options.captures.size(); ++i) {
      times_.push_back(ChooseTimes(options, i));
    }
    std::vector<std::string> packet_times;
    for (const TimeColumns& times : times_) {
      packet_times.push_back(times.packets);
    }
    plan_ = SurveyCaptures(options, packet_times);
    clock_.rate = plan_.rate;
    clock_.frames = options.frames;
    clock_.stride = options.stride > 0 ? options.stride : options.frames;
    clock_.max_gap_ns = GapLimit(options.max_gap, plan_.rate);
    values_ = PacketWindows::Rows(plan_, options.value);
  }

  Json Run() {
    int64_t bytes = 0;
    for (const fs::path& path : options_.captures) {
      bytes += static_cast<int64_t>(fs::file_size(path));
    }
    Progress progress("import", (bytes + kMebibyte - 1) / kMebibyte, "MiB");
    for (std::size_t i = 0; i < options_.captures.size(); ++i) {
      ReadPoses(i);
      ReadCapture(i, progress);
    }
    return Finish();
  }

 private:
  void ReadPoses(std::size_t capture) {
    const fs::path& path = PosesOf(options_, capture);
    const bool start = options_.pose_offset == "start";
    if (capture > 0 && path == PosesOf(options_, capture - 1) && !start &&
        times_[capture].poses == times_[capture - 1].poses) {
      return;
    }
    const MappedFile file(path);
    PoseTrackOptions track{times_[capture].poses, options_.min_confidence,
                           options_.pose_scale, 0};
    if (!start) {
      track.offset_ns = std::llround(std::stod(options_.pose_offset) * 1e9);
    }
    track_ = ParsePoseTrack(path.string(), AsText(file.bytes()), track);
    if (start) {
      const int64_t shift =
          plan_.first_time_ns[capture] - track_.times_ns.front();
      for (int64_t& time : track_.times_ns) time += shift;
    }
    if (!joints_) {
      joints_ = track_.joints;
      dims_ = track_.dims;
      OpenWriter();
    } else if (*joints_ != track_.joints || dims_ != track_.dims) {
      FailInput(
          path.string(),
          fmt::format("has the joints {}, expected those of {}: {}",
                      fmt::join(track_.joints, ", "),
                      options_.poses[0].string(), fmt::join(*joints_, ", ")));
    }
    if (!hashed_.contains(path)) {
      hashed_.insert({path, static_cast<int64_t>(file.bytes().size())});
      AddFile(path, static_cast<int64_t>(file.bytes().size()),
              Sha256(file.bytes()));
      Count("joints of low confidence, repaired along time", track_.unsure);
      Count("joints that were not seen, repaired along time", track_.unseen);
      Count("poses with the time of the pose before", track_.repeated);
    }
  }

  void OpenWriter() {
    writer_.emplace(
        out_, if_exists_, RowType{"<f4", 4, {values_, options_.frames}},
        RowType{"<f4", 4, {static_cast<int64_t>(joints_->size()), dims_}});
    pose_.resize(track_.pose_values());
  }

  void ReadCapture(std::size_t capture, Progress& progress) {
    const fs::path& path = options_.captures[capture];
    FileStream bytes(path, true);
    const auto source =
        OpenPackets(options_, path, bytes, times_[capture].packets);
    pieces_.clear();
    capture_ = capture;
    PacketWindows windows(
        plan_, options_.value, clock_,
        [&](std::span<const float> window, int64_t first, int64_t last) {
          AddWindow(window, *windows.first_ns(), first, last);
        });
    CsiPacket packet;
    int64_t told = 0;
    while (source->Next(packet)) {
      windows.Add(packet);
      const int64_t read = bytes.bytes_read() / kMebibyte;
      if (read > told) progress.Add(read - std::exchange(told, read));
    }
    windows.End();
    AddFile(path, bytes.bytes_read(), bytes.Hex());
    for (const LeftOut& left_out : {source->left_out(), windows.left_out()}) {
      for (const auto& [reason, count] : left_out) Count(reason, count);
    }
    packets_ += windows.packets();
    first_ns_ = windows.first_ns();
    if (first_ns_) last_ns_ = windows.last_ns();
    CountClock(windows.counts());
  }

  void CountClock(const ClockCounts& counts) {
    steps_ += counts.steps;
    gaps_ += counts.gaps;
    Count("packets that are older than the one before", counts.out_of_order);
    Count("times the packets' clock went back", counts.restarts);
    Count("steps of the clock too few for a window", counts.unused);
  }

  // Which piece of the capture, in the order of their first windows.
  std::optional<int64_t> Group(int64_t begin, int64_t first, int64_t last) {
    const auto cut = static_cast<int64_t>(options_.cut * 1e9);
    int64_t piece = 0;
    if (cut > 0) {
      piece = (first - begin) / cut;
      if ((last - begin) / cut != piece) return std::nullopt;
    }
    const auto [entry, is_new] =
        pieces_.try_emplace(piece, static_cast<int64_t>(group_names_.size()));
    if (is_new) {
      group_names_.push_back(
          cut > 0 ? fmt::format("{}/{:03}", names_[capture_], piece)
                  : names_[capture_]);
    }
    return entry->second;
  }

  // `begin`: the time of the capture's first packet.
  void AddWindow(std::span<const float> window, int64_t begin, int64_t first,
                 int64_t last) {
    if (!track_.At(first + (last - first) / 2, clock_.max_gap_ns, pose_)) {
      return Count("windows without a pose at their middle", 1);
    }
    const std::optional<int64_t> group = Group(begin, first, last);
    if (!group) return Count("windows across two pieces of a capture", 1);
    writer_->Add(std::as_bytes(window), std::as_bytes(std::span(pose_)), 1,
                 *group);
  }

  void Count(const std::string& reason, int64_t count) {
    if (count > 0) left_out_[reason] += count;
  }

  void AddFile(const fs::path& path, int64_t bytes, const std::string& hash) {
    sources_.push_back(
        {{"path", path.string()}, {"bytes", bytes}, {"sha256", hash}});
  }

  void FailEmpty() const {
    std::string reasons;
    for (const auto& [reason, count] : left_out_) {
      reasons += fmt::format("; {} {}", count, reason);
    }
    FailInput(
        options_.captures.back().string(),
        fmt::format(
            "gives no window of {} steps at {:.6g} Hz: its packets are from "
            "{} to {} s, the poses of {} from {} to {} s (--pose-offset moves "
            "these){}",
            options_.frames, plan_.rate,
            first_ns_ ? SecondsText(*first_ns_) : "?", SecondsText(last_ns_),
            PosesOf(options_, capture_).string(),
            SecondsText(track_.times_ns.front()),
            SecondsText(track_.times_ns.back()), reasons));
  }

  Json Finish() {
    if (writer_->windows() == 0) FailEmpty();
    std::vector<std::string> links;
    for (const LinkKey link : plan_.links) links.push_back(LinkName(link));
    Json left_out = Json::object();
    for (const auto& [reason, count] : left_out_) left_out[reason] = count;
    Json report = {
        {"provenance",
         {{"tool", tool_},
          {"kind", CaptureKindName(options_.kind)},
          {"sources", sources_}}},
        {"links", links},
        {"subcarriers", plan_.width.subcarriers},
        {"subcarriers_kept", plan_.kept},
        {"values", options_.value == CsiValue::kAmplitude
                       ? "amplitude"
                       : "phase difference of neighbouring subcarriers"},
        {"rate_hz", plan_.rate},
        {"frames", options_.frames},
        {"stride", clock_.stride},
        {"max_gap_s", static_cast<double>(clock_.max_gap_ns) / 1e9},
        {"packets", packets_},
        {"steps", steps_},
        {"gaps", gaps_},
        {"recordings", group_names_.size()},
        {"windows", writer_->windows()},
        {"left_out", left_out}};
    if (plan_.width.streams > 1) report["streams"] = plan_.width.streams;
    report["x_scale"] = writer_->Commit(
        options_.scale, {group_names_, *joints_, options_.unit}, report);
    return report;
  }

  const CaptureOptions& options_;
  const fs::path& out_;
  const IfExists if_exists_;
  const std::string& tool_;
  const std::vector<std::string> names_;
  std::vector<TimeColumns> times_;
  CapturePlan plan_;
  ClockOptions clock_;
  int64_t values_ = 0;  // rows of a window

  PoseTrack track_;
  std::optional<std::vector<std::string>> joints_;
  int dims_ = 2;
  std::optional<PairsWriter> writer_;
  std::vector<float> pose_;

  std::size_t capture_ = 0;
  std::optional<int64_t> first_ns_;  // of the last capture's packets
  int64_t last_ns_ = 0;
  std::map<int64_t, int64_t> pieces_;  // of the capture: piece -> group
  std::vector<std::string> group_names_;
  std::map<fs::path, int64_t> hashed_;
  Json sources_ = Json::array();
  LeftOut left_out_;
  int64_t packets_ = 0, steps_ = 0, gaps_ = 0;
};

}  // namespace

Json ImportCaptures(const CaptureOptions& options, const fs::path& out,
                    IfExists if_exists, const std::string& tool) {
  CheckOptions(options);
  return CaptureImport(options, out, if_exists, tool).Run();
}

}  // namespace edge_int8
