#include "src/run/run_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edge_int8 {
namespace {

TEST(RunFiles, AreMeasurementsAndModelsButNotThePage) {
  for (const char* name :
       {"results.json", "errors.json", "player.json", "latency.json",
        "network.json", "latency-half.json", "explain.json", "search.json",
        "peers.json", "ptq.ei8", "fp16.pth", "bench.log", "qat.ei8.state",
        "fp32-finetuned.pth.log.json", "fx-predictions.npy"}) {
    EXPECT_TRUE(IsRunFile(name)) << name;
  }
  for (const char* name : {"report.html", "ladder.svg", "notes.json", ""}) {
    EXPECT_FALSE(IsRunFile(name)) << name;
  }
  EXPECT_THAT(BenchFiles(), testing::Contains("report.html"));
}

}  // namespace
}  // namespace edge_int8
