#include "src/formats/state_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ExampleState(float value = 2.5f) {
  const std::array<float, 3> values = {1, value, -0.0f};
  return StateFileBytes({{"steps", 7}}, {{"a", values}, {"none", {}}});
}

std::string Body(const std::string& bytes) {
  return bytes.substr(bytes.find('\n', bytes.find('\n') + 1) + 1);
}

std::string WhyNot(const std::function<void()>& read) {
  const Error error = ErrorOf(read);
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

TEST(StateFile, ComesBackAsItWas) {
  const StateFile state = ParseStateFile(ExampleState(), "s");
  EXPECT_EQ(state.counters, nlohmann::json({{"steps", 7}}));
  EXPECT_THAT(state.arrays.at("a"), ElementsAre(1, 2.5f, 0));
  EXPECT_TRUE(state.arrays.at("none").empty());
}

TEST(StateFile, EveryByteCounts) {
  const std::string good = ExampleState();
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string broken = good;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    EXPECT_THROW(ParseStateFile(broken, "s"), Error) << at;
    EXPECT_THROW(ParseStateFile(good.substr(0, at), "s"), Error) << at;
  }
}

TEST(StateFile, NamesWhatAForgedOneGetsWrong) {
  EXPECT_THAT(
      WhyNot([] { ParseStateFile(ExampleState(std::nanf("")), "x.state"); }),
      HasSubstr("x.state at /tensors/a: holds a value that is not a"));
  const auto forged = [](std::string from, std::string to) {
    std::string body = Body(ExampleState());
    body.replace(body.find(from), from.size(), to);
    return WhyNot([&] { ParseStateBody(body, "x.state"); });
  };
  EXPECT_THAT(forged("\"a\":3", "\"a\":4"), HasSubstr("/tensors/a"));
  EXPECT_THAT(forged("\"a\":3", "\"a\":2"), HasSubstr("4 bytes too many"));
  EXPECT_THAT(forged("\"a\":3", "\"a\":1e308"), HasSubstr("/tensors/a"));
  EXPECT_THAT(forged("\"a\":3", "\"a\":null"), HasSubstr("/tensors/a"));
  EXPECT_THAT(forged("counters", "counter"), HasSubstr("counters"));
  EXPECT_THAT(WhyNot([] { ParseStateBody("", "x"); }), HasSubstr("not JSON"));
}

}  // namespace
}  // namespace edge_int8
