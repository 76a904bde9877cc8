#include "src/base/named_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NamedFolder, TwoOfOneNameGetAFolderEach) {
  const TempFolder folder;
  const NamedFolder first(folder / "runs/now");
  const NamedFolder second(folder / "runs/now");
  EXPECT_EQ(first.path(), folder / "runs/now");
  EXPECT_EQ(second.path(), folder / "runs/now-2");
  EXPECT_TRUE(std::filesystem::is_directory(second.path()));
}

TEST(NamedFolder, StaysOnlyWithSomethingInIt) {
  const TempFolder folder;
  { const NamedFolder empty(folder / "a"); }
  EXPECT_THAT(folder.List(), IsEmpty());
  {
    const NamedFolder used(folder / "a");
    folder.Write("a/x", "text");
  }
  EXPECT_THAT(folder.List(), ElementsAre("a"));
}

TEST(NamedFolder, SaysWhereNoneCanBe) {
  const TempFolder folder;
  folder.Write("file", "");
  EXPECT_EQ(ErrorOf([&] { NamedFolder(folder / "file/runs/now"); }).kind(),
            ErrorKind::kBadInput);
}

}  // namespace
}  // namespace edge_int8
