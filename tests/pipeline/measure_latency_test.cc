#include "src/pipeline/measure_latency.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace edge_int8 {
namespace {

TEST(Latency, JsonHasTheContractsKeysAndTheShareIsTheRatio) {
  Latency latency;
  latency.isa = "scalar";
  latency.macs_per_s = 30;
  latency.peak_macs_per_s = 120;
  latency.arena_bytes = 4096;
  const nlohmann::json j = ToJson(latency);
  for (const char* key : {"isa", "threads", "batch", "p50_ms", "p90_ms",
                          "p99_ms", "windows_per_s", "macs_per_s",
                          "peak_macs_per_s", "share_of_peak", "arena_bytes"}) {
    EXPECT_TRUE(j.contains(key)) << key;
  }
  EXPECT_EQ(j["share_of_peak"], 0.25);
  EXPECT_NE(LatencyTable(latency).find("25.0%"), std::string::npos);
}

TEST(Latency, AFloatModelHasNoIntegerPeak) {
  const nlohmann::json j = ToJson(Latency{});
  EXPECT_TRUE(j["peak_macs_per_s"].is_null());
  EXPECT_TRUE(j["share_of_peak"].is_null());
}

}  // namespace
}  // namespace edge_int8
