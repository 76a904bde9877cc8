#include "src/formats/string_array.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/formats/npy_writer.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/zip_bytes.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Strings(const std::string& file) {
  return ReadStrings(NpyView("x.npy", std::as_bytes(std::span(file))));
}

std::string StringsRefusal(const std::string& file) {
  const Error error = ErrorOf([&] { Strings(file); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

TEST(StringArray, ReadsWhatEachNumPyWritesForStr) {
  for (const char* const name :
       {"text.npy", "str_objects_numpy1.npy", "str_objects_numpy2.npy"}) {
    const MappedNpy file(kSourceDir + "/tests/golden/readers/" + name);
    EXPECT_THAT(ReadStrings(file.view()),
                ElementsAre("kp/0.csv", "kp/\u00e9\u6c34.csv", ""))
        << name;
  }
}

TEST(StringArray, ReadsObjectsOfPlainStr) {
  EXPECT_THAT(Strings(NpyBytes({"abc", ""})), ElementsAre("abc", ""));
}

TEST(StringArray, MayBeEmpty) {
  EXPECT_THAT(Strings(NpyHeaderBytes("<U1", {0})), ElementsAre());
}

TEST(StringArray, RefusesArraysOfOtherThingsWithoutAConversionToNumbers) {
  const std::vector<int64_t> one = {1};
  EXPECT_EQ(StringsRefusal(NpyBytes({1}, std::span<const int64_t>(one))),
            "x.npy: holds <i8, expected strings: |O or <U");
  EXPECT_EQ(StringsRefusal(NpyHeaderBytes("<U1", {1}) + "\xff\xff\xff\xff"),
            "x.npy: value 0 is not Unicode text");
}

TEST(StringArray, RefusesPicklesThatAreNoArrayOfStr) {
  const std::string file = NpyBytes({"abc", "def"});
  std::string three = file;
  ReplaceAll(three, "(2,)", "(3,)");
  EXPECT_THAT(StringsRefusal(three), HasSubstr("2 values, expected 3"));
  EXPECT_THAT(StringsRefusal(NpyHeaderBytes("|O", {1}) + "\x80\x02N."),
              HasSubstr("expected a NumPy object array"));
  std::string renamed = file;
  ReplaceAll(renamed, "ndarray", "ndArray");
  EXPECT_THAT(StringsRefusal(renamed), HasSubstr("'numpy.ndArray'"));
}

}  // namespace
}  // namespace edge_int8
