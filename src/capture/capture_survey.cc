#include "src/capture/capture_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "src/base/error.h"
#include "src/capture/time_text.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMostBytes = int64_t{32} << 20;  // of each capture
constexpr std::size_t kMostLinks = 4096;           // strangers go by
constexpr std::size_t kMostIntervals = 1 << 16;
// A sender with fewer packets than this share of the first one's is a stranger.
constexpr double kLinkShare = 0.1;

using WidthFacts = PacketSurvey::WidthFacts;

std::string Found(const WidthFacts& width) {
  std::vector<std::string> found;
  for (const auto& [link, facts] : width.links) {
    found.push_back(fmt::format("{} ({})", LinkName(link), facts.packets));
    if (found.size() == 10) break;
  }
  return fmt::format("{}", fmt::join(found, ", "));
}

// The most frequent first.
std::vector<LinkKey> ByPackets(const WidthFacts& width) {
  std::vector<LinkKey> links;
  for (const auto& [link, facts] : width.links) links.push_back(link);
  std::ranges::stable_sort(links, [&width](LinkKey a, LinkKey b) {
    return width.links.at(a).packets > width.links.at(b).packets;
  });
  return links;
}

std::optional<int> LinkNumber(const std::vector<std::string>& links) {
  if (links.size() != 1) return std::nullopt;
  int number = 0;
  const char* const end = links[0].data() + links[0].size();
  const auto result = std::from_chars(links[0].data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::vector<LinkKey> NamedLinks(const std::vector<std::string>& names,
                                const WidthFacts& width,
                                const std::string& where) {
  std::vector<LinkKey> chosen;
  for (const std::string& name : names) {
    bool found = false;
    for (const auto& [link, facts] : width.links) {
      const auto mac = ParseMac(name);
      const bool same = LinkName(link) == name || (mac && link.sender == *mac);
      if (same && std::ranges::find(chosen, link) == chosen.end()) {
        chosen.push_back(link);
        found = true;
      }
    }
    if (!found) {
      FailInput(where, fmt::format("--links {}: no packet is from there; "
                                   "found (packets): {}",
                                   name, Found(width)));
    }
  }
  return chosen;
}

std::vector<LinkKey> ChooseLinks(const std::vector<std::string>& asked,
                                 const WidthFacts& width,
                                 const std::string& where) {
  const std::optional<int> number = LinkNumber(asked);
  if (!asked.empty() && !number) return NamedLinks(asked, width, where);
  std::vector<LinkKey> links = ByPackets(width);
  if (number) {
    if (*number < 1 || static_cast<std::size_t>(*number) > links.size()) {
      FailInput(where,
                fmt::format("--links {}: {} senders were found (packets): {}",
                            *number, links.size(), Found(width)));
    }
    links.resize(static_cast<std::size_t>(*number));
  } else {
    const auto most = static_cast<double>(width.links.at(links[0]).packets);
    std::erase_if(links, [&](LinkKey link) {
      return static_cast<double>(width.links.at(link).packets) <
             kLinkShare * most;
    });
  }
  std::ranges::sort(links);
  return links;
}

// Packets a second by the median interval; a whole number where it is within
// 2% of one, as senders are set to whole numbers.
double OwnRate(const WidthFacts& width, LinkKey link) {
  std::vector<int64_t> intervals = width.links.at(link).intervals_ns;
  if (intervals.empty()) return 0;
  const auto middle =
      intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::ranges::nth_element(intervals, middle);
  const double rate = 1e9 / static_cast<double>(*middle);
  const double whole = std::round(rate);
  return whole >= 1 && std::abs(rate - whole) <= 0.02 * whole ? whole : rate;
}

// Reads the beginning of one capture; the time of its first packet.
int64_t SurveyOne(const CaptureOptions& options, std::size_t capture,
                  const std::string& time, PacketSurvey& survey) {
  const std::filesystem::path& path = options.captures[capture];
  FileStream bytes(path, false);
  const auto source = OpenPackets(options, path, bytes, time);
  CsiPacket packet;
  std::optional<int64_t> first;
  while (bytes.bytes_read() < kMostBytes && source->Next(packet)) {
    if (!first) first = packet.time_ns;
    survey.Add(packet);
  }
  if (!first) {
    std::string left_out;
    for (const auto& [reason, count] : source->left_out()) {
      left_out += fmt::format("; {} {}", count, reason);
    }
    FailInput(path.string(),
              fmt::format("holds no packet that {} prints{}",
                          CaptureKindName(options.kind), left_out));
  }
  return *first;
}

}  // namespace

PacketWidth WidthOf(const CsiPacket& packet) {
  return {packet.streams, static_cast<int>(packet.a.size()) / packet.streams};
}

std::string LinkName(LinkKey link) {
  // Numbers of nodes are small, addresses are not.
  std::string name = link.sender < uint64_t{1} << 24
                         ? fmt::format("node {}", link.sender)
                         : MacText(link.sender);
  if (link.stream != 0) name += fmt::format("/{:x}", link.stream);
  return name;
}

void PacketSurvey::Add(const CsiPacket& packet) {
  WidthFacts& width = widths_[WidthOf(packet)];
  const auto subcarriers =
      packet.a.size() / static_cast<std::size_t>(packet.streams);
  ++width.packets;
  if (!width.links.contains(packet.link) && width.links.size() >= kMostLinks) {
    return;
  }
  LinkFacts& link = width.links[packet.link];
  ++link.packets;
  link.signal.resize(subcarriers);
  Amplitudes(packet, amplitudes_);
  for (std::size_t i = 0; i < amplitudes_.size(); ++i) {
    if (amplitudes_[i] != 0) link.signal[i % subcarriers] = 1;
  }
  if (link.last_ns && packet.time_ns > *link.last_ns &&
      link.intervals_ns.size() < kMostIntervals) {
    link.intervals_ns.push_back(packet.time_ns - *link.last_ns);
  }
  link.last_ns = packet.time_ns;
}

CapturePlan PacketSurvey::Plan(const CaptureOptions& options,
                               const std::string& where) const {
  Check(!widths_.empty(), "a plan of no packets");
  CapturePlan plan;
  const auto best = std::ranges::max_element(
      widths_, {}, [](const auto& entry) { return entry.second.packets; });
  const WidthFacts& width = best->second;
  plan.width = best->first;
  plan.links = ChooseLinks(options.links, width, where);
  for (int k = 0; k < plan.width.subcarriers; ++k) {
    const bool signal = std::ranges::any_of(plan.links, [&](LinkKey link) {
      return width.links.at(link).signal[static_cast<std::size_t>(k)] != 0;
    });
    if (signal || !options.drop_guards) plan.kept.push_back(k);
  }
  const std::size_t least = options.value == CsiValue::kPhaseDifference ? 2 : 1;
  if (plan.kept.size() < least) {
    FailInput(where, fmt::format("{} of {} subcarriers ever have a signal",
                                 plan.kept.size(), plan.width.subcarriers));
  }
  plan.rate = options.rate > 0 ? options.rate
                               : OwnRate(width, ByPackets(width).front());
  if (plan.rate <= 0) {
    FailInput(where, "its rate can't be told from one packet: --rate says it");
  }
  return plan;
}

CapturePlan SurveyCaptures(const CaptureOptions& options,
                           const std::vector<std::string>& times) {
  PacketSurvey survey;
  std::vector<int64_t> first_times;
  for (std::size_t i = 0; i < options.captures.size(); ++i) {
    first_times.push_back(SurveyOne(options, i, times[i], survey));
  }
  CapturePlan plan = survey.Plan(options, options.captures[0].string());
  plan.first_time_ns = std::move(first_times);
  return plan;
}

}  // namespace edge_int8
