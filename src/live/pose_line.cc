#include "src/live/pose_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "src/base/as_size.h"
#include "src/base/progress.h"

namespace edge_int8 {
namespace {

using Text = std::back_insert_iterator<std::string>;

constexpr int64_t kNs = 1'000'000'000;

void AppendRow(Text out, std::span<const float> values) {
  fmt::format_to(out, "[{}", values[0]);
  for (const float value : values.subspan(1)) fmt::format_to(out, ",{}", value);
  fmt::format_to(out, "]");
}

std::string Counted(int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string LineSeconds(int64_t time_ns) {
  const bool negative = time_ns < 0;
  const auto size = negative ? 0 - static_cast<uint64_t>(time_ns)
                             : static_cast<uint64_t>(time_ns);
  std::string text =
      fmt::format("{}{}.{:09}", negative ? "-" : "", size / kNs, size % kNs);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string PoseLine(const LivePose& pose, const Shape& output) {
  std::string line =
      fmt::format("{{\"t\":{},\"pose\":", LineSeconds(pose.time_ns));
  const Text out(line);
  if (pose.values.empty()) {
    line += fmt::format("null,\"why\":\"{}\"}}\n", pose.why);
    return line;
  }
  const auto inner = output.size() > 1 ? AsSize(output.back()) : 0;
  if (inner == 0) {
    AppendRow(out, pose.values);
  } else {
    for (std::size_t at = 0; at < pose.values.size(); at += inner) {
      line += at == 0 ? '[' : ',';
      AppendRow(out, pose.values.subspan(at, inner));
    }
    line += ']';
  }
  line += fmt::format(",\"latency_ms\":{:.4g}}}\n", pose.latency_ms);
  return line;
}

std::string CsiLines(const LivePose& pose, int64_t rows, int64_t steps) {
  std::string lines;
  const auto frames = std::ssize(pose.window) / rows;
  const int64_t span = pose.time_ns - pose.first_ns;
  for (int64_t f = std::max<int64_t>(frames - steps, 0); f < frames; ++f) {
    const int64_t at =
        frames < 2
            ? pose.time_ns
            : pose.first_ns + std::llround(static_cast<double>(span) *
                                           static_cast<double>(f) /
                                           static_cast<double>(frames - 1));
    lines += fmt::format("{{\"t\":{},\"csi\":[", LineSeconds(at));
    for (int64_t row = 0; row < rows; ++row) {
      fmt::format_to(Text(lines), "{}{:.4g}", row == 0 ? "" : ",",
                     pose.window[AsSize(row * frames + f)]);
    }
    lines += "]}\n";
  }
  return lines;
}

std::string SummaryText(const SessionSummary& s) {
  std::string text = fmt::format(
      "{}: {}, {} at {:.6g} Hz, {}", FormatDuration(s.seconds),
      Counted(s.counts.packets, "packet"), Counted(s.counts.windows, "window"),
      s.rate, Counted(s.poses, "pose"));
  if (s.poses > 0) {
    text += fmt::format(
        "; last packet to pose {:.3g} ms median, {:.3g} ms at 99%, {:.3g} ms "
        "at most",
        s.latency.Percentile(0.5), s.latency.Percentile(0.99),
        s.latency.most());
  }
  const auto add = [&text](int64_t count, std::string_view what) {
    if (count > 0) text += fmt::format("\n  {} {}", count, what);
  };
  const ClockCounts& clock = s.counts.clock;
  add(s.counts.lost, "packets lost on the way, by the rate");
  add(clock.out_of_order - clock.doubled, "packets late or out of order");
  add(clock.doubled, "packets doubled");
  add(clock.gaps, "gaps beyond the limit");
  add(clock.restarts, "times the packets' clock went back");
  for (const auto& [why, count] : s.counts.left_out) add(count, why);
  add(s.dropped, "windows dropped, the queue was full");
  add(s.not_finite, "answers that are no numbers");
  add(s.reconnects, "times the source was opened again");
  return text;
}

nlohmann::json SummaryJson(const SessionSummary& s) {
  nlohmann::json json = {
      {"seconds", s.seconds},
      {"rate_hz", s.rate},
      {"packets", s.counts.packets},
      {"windows", s.counts.windows},
      {"poses", s.poses},
      {"no_pose", s.no_pose},
      {"lost", s.counts.lost},
      {"late", s.counts.clock.out_of_order - s.counts.clock.doubled},
      {"doubled", s.counts.clock.doubled},
      {"gaps", s.counts.clock.gaps},
      {"restarts", s.counts.clock.restarts},
      {"dropped", s.dropped},
      {"not_finite", s.not_finite},
      {"reconnects", s.reconnects}};
  json["left_out"] = nlohmann::json::object();
  for (const auto& [why, count] : s.counts.left_out) {
    json["left_out"][why] = count;
  }
  if (s.poses > 0) {
    json["latency_ms"] = {{"p50", s.latency.Percentile(0.5)},
                          {"p99", s.latency.Percentile(0.99)},
                          {"max", s.latency.most()}};
  }
  return json;
}

}  // namespace edge_int8
