#include "src/run/training_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json ExampleScore() {
  return {{"samples", 6},  {"pck@10", 0.1}, {"pck@20", 0.2},   {"pck@30", 0.3},
          {"pck@40", 0.4}, {"pck@50", 0.5}, {"mpjpe", nullptr}};
}

json ExampleCounters() {
  const auto epoch = [](int n) -> json {
    return {
        {"epoch", n},   {"val", ExampleScore()}, {"simulated", ExampleScore()},
        {"gap_lsb", 0}, {"loss", 0.5},           {"seconds", 1.5}};
  };
  return {{"curve", {epoch(0), epoch(1)}}, {"best", epoch(1)}};
}

std::string WhyNot(const char* pointer, const json& value) {
  json counters = ExampleCounters();
  counters[json::json_pointer(pointer)] = value;
  const Error error = ErrorOf(
      [&] { ReadTrainingRecord(JsonPlace(counters, "x.state"), 0, true); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << pointer;
  return error.what();
}

TEST(TrainingRecord, ComesBackAsItWas) {
  const json counters = ExampleCounters();
  const TrainingRecord record =
      ReadTrainingRecord(JsonPlace(counters, "x.state"), 0, true);
  EXPECT_EQ(json(record.curve), counters["curve"]);
  EXPECT_EQ(record.best, counters["best"]);
}

TEST(TrainingRecord, OfARunWithoutAFiniteEpochHasNoBest) {
  json counters = ExampleCounters();
  counters["best"] = nullptr;
  EXPECT_TRUE(
      ReadTrainingRecord(JsonPlace(counters, "x"), 0, true).best.is_null());
}

// Each of these ended in an internal error when the curve was printed.
TEST(TrainingRecord, NamesWhatIsNoRecord) {
  for (const char* pointer :
       {"/curve", "/curve/0", "/curve/1/epoch", "/curve/1/val",
        "/curve/0/val/pck@20", "/curve/1/simulated", "/curve/1/gap_lsb"}) {
    for (const json& value : {json("x"), json(1e308), json(-1)}) {
      EXPECT_THAT(WhyNot(pointer, value),
                  HasSubstr("x.state at " + std::string(pointer)));
    }
  }
  EXPECT_THAT(WhyNot("/curve/0/val/mpjpe", "x"), HasSubstr("/val/mpjpe"));
  EXPECT_THAT(WhyNot("/curve/0/loss", json::array()), HasSubstr("/loss"));
  EXPECT_THAT(WhyNot("/curve", json::array()), HasSubstr("/curve"));
  EXPECT_THAT(WhyNot("/best/epoch", 7), HasSubstr("/best"));
  EXPECT_THAT(WhyNot("/curve/1/simulated", nullptr), HasSubstr("simulated"));
}

}  // namespace
}  // namespace edge_int8
