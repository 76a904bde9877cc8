#include "src/formats/npz_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/formats/npy_writer.h"
#include "src/formats/npz.h"
#include "src/formats/string_array.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

TEST(NpzWriter, WritesMembersInOrderForTheReader) {
  const TempFolder folder;
  WriteNpz(folder / "x.npz", {{"b", NpyBytes({"one"})}, {"a", NpyBytes({})}},
           IfExists::kFail);
  const Npz npz(folder / "x.npz");
  EXPECT_THAT(npz.Names(), ElementsAre("b", "a"));
  EXPECT_THAT(ReadStrings(npz.Read("b").view()), ElementsAre("one"));
}

TEST(NpzWriter, WritesTheSameBytesForTheSameMembers) {
  const TempFolder folder;
  const NpzMembers members = {{"a", NpyBytes({"x"})}};
  WriteNpz(folder / "1.npz", members, IfExists::kFail);
  WriteNpz(folder / "2.npz", members, IfExists::kFail);
  EXPECT_EQ(ReadText(folder / "1.npz"), ReadText(folder / "2.npz"));
}

TEST(NpzWriter, KeepsWhatIsThereUnlessToldToReplace) {
  const TempFolder folder;
  const auto path = folder.Write("x.npz", "mine");
  EXPECT_EQ(ErrorOf([&] { WriteNpz(path, {}, IfExists::kFail); }).kind(),
            ErrorKind::kUsage);
  EXPECT_EQ(ReadText(path), "mine");
  WriteNpz(path, {{"a", NpyBytes({})}}, IfExists::kReplace);
  EXPECT_TRUE(Npz(path).Has("a"));
}

}  // namespace
}  // namespace edge_int8
