#include "src/base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "src/base/output_file.h"
#include "tests/testing/build_kind.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

std::string Text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()),
          file.bytes().size()};
}

TEST(MappedFile, ShowsTheBytesOfTheFile) {
  const TempFolder folder;
  const std::string content("\x93NUMPY\0\xff\n", 9);
  const MappedFile file(folder.Write("x.npy", content));
  EXPECT_EQ(Text(file), content);
  EXPECT_EQ(file.path(), folder / "x.npy");
}

TEST(MappedFile, OfAnEmptyFileIsEmpty) {
  const TempFolder folder;
  EXPECT_TRUE(MappedFile(folder.Write("empty", "")).bytes().empty());
}

TEST(MappedFile, KeepsItsBytesWhenMoved) {
  const TempFolder folder;
  MappedFile first(folder.Write("x", "abc"));
  const MappedFile second(std::move(first));
  EXPECT_EQ(Text(second), "abc");
}

TEST(MappedFile, OfAFileLargerThanMemoryCostsNoMemory) {
  const TempFolder folder;
  const auto path = folder.Write("sparse", "");
  std::filesystem::resize_file(path, uintmax_t{1} << 36);
  const MappedFile file(path);
  EXPECT_EQ(file.bytes().size(), std::size_t{1} << 36);
  EXPECT_EQ(file.bytes().back(), std::byte{0});
}

TEST(MappedFile, OfWhatIsNotARegularFileIsBadInputThatNamesIt) {
  const TempFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);  // Nobody ever writes to it.
  for (const auto& path : {folder / "absent", folder.path(), pipe,
                           std::filesystem::path("/dev/null")}) {
    const Error error = ErrorOf([&] { MappedFile file(path); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
    EXPECT_EQ(std::string(error.what()).find(path.string() + ": "), 0u)
        << error.what();
  }
}

// Of what is mapped, in a process of its own.
class LostMappingDeathTest : public testing::Test {
 protected:
  LostMappingDeathTest() {
    testing::FLAGS_gtest_death_test_style = "threadsafe";
  }
};

[[noreturn]] void ReadAfterTruncation(std::size_t at, off_t left) {
  const TempFolder folder;
  const auto path = folder.Write("windows.npy", std::string(100'000, 'x'));
  const auto output = folder / "out";
  const MappedFile file(path);
  EndOnLostMappings();
  const OutputFile half(output, IfExists::kFail);
  if (truncate(path.c_str(), left) != 0) std::_Exit(1);
  const volatile std::byte* const bytes = file.bytes().data();
  std::_Exit(bytes[at] == std::byte{'x'} ? 0 : 2);
}

TEST_F(LostMappingDeathTest, EndsWithTheNameOfTheFileAndExitCode3) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer has its own handler";
  EXPECT_EXIT(ReadAfterTruncation(90'000, 4096), testing::ExitedWithCode(3),
              "edge-int8: .*windows.npy: became shorter");
  EXPECT_EXIT(ReadAfterTruncation(99'999, 0), testing::ExitedWithCode(3),
              "windows.npy");
  EXPECT_EXIT(ReadAfterTruncation(100, 4096), testing::ExitedWithCode(0), "");
}

TEST_F(LostMappingDeathTest, AnyOtherBusErrorIsWhatItWas) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer has its own handler";
  EXPECT_EXIT(
      {
        EndOnLostMappings();
        std::raise(SIGBUS);
        std::raise(SIGBUS);
      },
      testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace edge_int8
