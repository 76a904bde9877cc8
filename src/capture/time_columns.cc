#include "src/capture/time_columns.h"

#include <algorithm>

namespace edge_int8 {
namespace {

// The best first.
constexpr std::string_view kTimeNames[] = {"host_epoch",
                                           "epoch",
                                           "host_time",
                                           "host_timestamp",
                                           "unix_time",
                                           "unix_timestamp",
                                           "timestamp_ns",
                                           "timestamp_us",
                                           "timestamp_ms",
                                           "timestamp_s",
                                           "timestamp",
                                           "datetime",
                                           "date_time",
                                           "time_ns",
                                           "time_us",
                                           "time_ms",
                                           "time_s",
                                           "time",
                                           "t_rel",
                                           "t",
                                           "esp_local_timestamp_us",
                                           "local_timestamp_us",
                                           "local_timestamp",
                                           "real_timestamp"};

}  // namespace

std::string ColumnName(std::string_view cell) {
  std::string name;
  for (const char c : cell) {
    if (c == ' ' || c == '\t' || c == '"' || c == '\r') continue;
    name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return name;
}

std::optional<std::size_t> FindTimeColumn(std::span<const std::string> names) {
  for (const std::string_view name : kTimeNames) {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) {
      return static_cast<std::size_t>(found - names.begin());
    }
  }
  const auto found = std::ranges::find_if(names, [](const std::string& name) {
    return name.find("time") != std::string::npos ||
           name.find("epoch") != std::string::npos;
  });
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<std::string> CommonTimeColumn(
    std::span<const std::string> first, std::span<const std::string> second) {
  std::vector<std::string> both;
  for (const std::string& name : first) {
    if (std::ranges::find(second, name) != second.end()) both.push_back(name);
  }
  const auto found = FindTimeColumn(both);
  if (!found) return std::nullopt;
  return both[*found];
}

}  // namespace edge_int8
