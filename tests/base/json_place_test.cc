#include "src/base/json_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

std::string MessageOf(const std::function<void()>& body) {
  const Error error = ErrorOf(body);
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

TEST(JsonPlace, NamesFileAndPlaceOfWhatIsWrong) {
  const json value = {{"fp32", {{"clean", {1, "x", nullptr}}}}};
  const JsonPlace place(value, "run/results.json");
  EXPECT_EQ(place.At("fp32").At("clean").Items()[0].Number(), 1);
  EXPECT_EQ(
      MessageOf([&] { place.At("fp32").At("clean").Items()[1].Number(); }),
      "run/results.json at /fp32/clean/1: expected a number");
  EXPECT_EQ(MessageOf([&] { place.At("int8"); }),
            "run/results.json at /: expected a key \"int8\"");
  EXPECT_EQ(MessageOf([&] { place.At("fp32").At("clean").At("x"); }),
            "run/results.json at /fp32/clean: expected an object");
}

TEST(JsonPlace, AbsentAndNullAreTheSame) {
  const json value = {{"a", nullptr}, {"b", 2.5}};
  const JsonPlace place(value, "f");
  EXPECT_FALSE(place.Find("a"));
  EXPECT_FALSE(place.FindNumber("c"));
  EXPECT_EQ(place.FindNumber("b"), 2.5);
  EXPECT_THAT(MessageOf([&] { place.FindText("b"); }), HasSubstr("/b"));
}

TEST(JsonPlace, RefusesNumbersThatAreNoCounts) {
  const json value = {1.5, 1e300, 3.0};
  const JsonPlace place(value, "f");
  EXPECT_THAT(MessageOf([&] { place.Items()[0].Integer(); }),
              HasSubstr("an integer"));
  EXPECT_THAT(MessageOf([&] { place.Items()[1].Integer(); }),
              HasSubstr("an integer"));
  EXPECT_EQ(place.Items()[2].Integer(), 3);
}

// 1e308 is a number, and of nothing that was measured.
TEST(JsonPlace, NamesTheRangeOfANumber) {
  const json value = {{"share", 1e308}, {"count", -1}, {"fine", 0.5}};
  const JsonPlace place(value, "f");
  EXPECT_EQ(MessageOf([&] { place.At("share").NumberIn(0, 1); }),
            "f at /share: is 1e+308, expected 0 to 1");
  EXPECT_EQ(MessageOf([&] { place.At("count").IntegerIn(0, 9); }),
            "f at /count: is -1, expected 0 to 9");
  EXPECT_EQ(place.FindNumberIn("fine", 0, 1), 0.5);
  EXPECT_FALSE(place.FindNumberIn("none", 0, 1));
}

TEST(ReadJsonFile, RefusesWhatIsNotJsonOrTooDeep) {
  const TempFolder folder;
  EXPECT_THAT(
      MessageOf([&] { ReadJsonFile(folder.Write("a.json", "{\"a\": ")); }),
      HasSubstr("a.json: is not JSON"));
  const std::string deep = std::string(100000, '[');
  EXPECT_THAT(MessageOf([&] { ReadJsonFile(folder.Write("b.json", deep)); }),
              HasSubstr("b.json"));
  EXPECT_THAT(MessageOf([&] { ReadJsonFile(folder / "none.json"); }),
              HasSubstr("can't be read"));
  EXPECT_EQ(ReadJsonFile(folder.Write("c.json", "[1]")), json({1}));
}

}  // namespace
}  // namespace edge_int8
