#include "src/run/measure_latency.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

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

TEST(Latency, SeveralThreadsAreComparedWithOne) {
  const TempFolder folder;
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  LatencyOptions options;
  options.model = folder / "tiny.pth";
  options.seconds = 0.01;
  EXPECT_TRUE(ToJson(MeasureLatency(options))["efficiency"].is_null());
  options.threads = 2;
  Latency latency = MeasureLatency(options);
  ASSERT_TRUE(latency.efficiency);
  EXPECT_GT(*latency.efficiency, 0);
  latency.efficiency = 0.875;
  EXPECT_EQ(ToJson(latency)["efficiency"], 0.875);
  EXPECT_NE(LatencyTable(latency).find("88% of 2 times one thread's"),
            std::string::npos);
}

// A name given is honoured or refused, never ignored.
TEST(Latency, AFloatModelRunsTheInstructionSetThatIsNamed) {
  const TempFolder folder;
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  LatencyOptions options;
  options.model = folder / "tiny.pth";
  options.seconds = 0.01;
  EXPECT_EQ(MeasureLatency(options).isa, "float32");
  options.isa = "generic";
  EXPECT_EQ(MeasureLatency(options).isa, "float32 generic");
  options.isa = "scalar";  // the engine's name for it
  EXPECT_EQ(MeasureLatency(options).isa, "float32 generic");
  options.isa = "neon9";
  const Error error = ErrorOf([&] { MeasureLatency(options); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_NE(std::string(error.what()).find("generic"), std::string::npos);
  options.isa = "";
  options.per_node = true;
  EXPECT_EQ(ErrorOf([&] { MeasureLatency(options); }).kind(),
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace edge_int8
