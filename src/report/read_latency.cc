// latency*.json (docs/report.md) and peers.json (bench/peers/README.md).
// Declared in read_parts.h.
#include <fmt/format.h>

#include "src/report/read_parts.h"

namespace edge_int8 {
namespace {

std::optional<double> FindAmount(const JsonPlace& place, std::string_view key) {
  return place.FindNumberIn(key, 0, kMostMeasured);
}

// "avx512vnni, 1 thread, batch 1": what the file says of how it was timed.
std::string Detail(const JsonPlace& latency) {
  std::string detail = latency.FindText("isa").value_or("");
  const auto add = [&detail](const std::string& part) {
    if (!detail.empty()) detail += ", ";
    detail += part;
  };
  if (const auto threads = FindAmount(latency, "threads")) {
    add(fmt::format("{:g} thread{}", *threads, *threads == 1 ? "" : "s"));
  }
  if (const auto batch = FindAmount(latency, "batch")) {
    add(fmt::format("batch {:g}", *batch));
  }
  return detail;
}

LatencyBar ReadBar(const JsonPlace& latency, const std::string& name) {
  LatencyBar bar;
  bar.name =
      latency.FindText("title").value_or(latency.FindText("name").value_or(
          latency.FindText("label").value_or(name)));
  bar.label = latency.FindText("label").value_or(name);
  bar.detail = Detail(latency);
  const JsonPlace p50 = latency.At("p50_ms");
  bar.p50_ms = p50.NumberIn(0, kMostMeasured);
  bar.p90_ms = FindAmount(latency, "p90_ms");
  bar.p99_ms = FindAmount(latency, "p99_ms");
  bar.windows_per_s = FindAmount(latency, "windows_per_s");
  bar.share_of_peak = FindAmount(latency, "share_of_peak");
  const auto noisy = latency.Find("noisy");
  bar.noisy = noisy && noisy->Boolean();
  if (const auto nodes = latency.Find("nodes")) {
    for (const JsonPlace& node : nodes->Items()) {
      bar.nodes.push_back({node.At("name").Text(),
                           node.FindText("kind").value_or(""),
                           node.At("macs").IntegerIn(0, kMostCounted),
                           node.At("microseconds").NumberIn(0, kMostMeasured)});
    }
  }
  return bar;
}

// This program's own rows, timed in the same rounds as the peers, at `batch`.
std::vector<LatencyBar> OwnRows(const JsonPlace& peers,
                                const std::string& batch) {
  std::vector<LatencyBar> bars;
  const auto rows = peers.Find("rows");
  for (const JsonPlace& row : rows ? rows->Items() : std::vector<JsonPlace>{}) {
    const auto time = row.Find("time");
    const auto timed = time ? time->Find(batch) : std::nullopt;
    if (row.FindText("runtime") != "edge-int8" || !timed) continue;
    bars.push_back(ReadBar(*timed, row.At("name").Text()));
    bars.back().detail = row.FindText("settings").value_or("");
  }
  return bars;
}

}  // namespace

std::vector<LatencyBar> ReadLatency(const JsonPlace& latency,
                                    const std::string& name) {
  std::vector<LatencyBar> bars;
  if (const auto models = latency.Find("models")) {
    for (const JsonPlace& model : models->Items()) {
      bars.push_back(ReadBar(model, name));
    }
  } else {
    bars.push_back(ReadBar(latency, name));
  }
  return bars;
}

std::vector<LatencyBar> ReadPeers(const JsonPlace& peers) {
  const std::vector<JsonPlace> others = peers.At("peers").Items();
  std::vector<LatencyBar> bars;
  if (!others.empty()) {
    const double batch = FindAmount(others.front(), "batch").value_or(1);
    bars = OwnRows(peers, fmt::format("{:g}", batch));
  }
  for (const JsonPlace& peer : others) {
    bars.push_back(ReadBar(peer, "peer"));
    bars.back().peer = true;
  }
  return bars;
}

}  // namespace edge_int8
