#include "src/base/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "src/base/parallel.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A disk that is full after `bytes`: larger writes fail instead of raising the
// signal that would end the program.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit limit_{};
};

TEST(OutputFile, AppearsWholeAtCommitAndNotBefore) {
  const TempFolder folder;
  OutputFile out(folder / "x.json", IfExists::kFail);
  out.Write("{\"a\":");
  out.Write(" 1}");
  EXPECT_FALSE(std::filesystem::exists(folder / "x.json"));
  out.Commit();
  EXPECT_EQ(ReadText(folder / "x.json"), "{\"a\": 1}");
  EXPECT_THAT(folder.List(), ElementsAre("x.json"));
}

TEST(OutputFile, MayBeEmpty) {
  const TempFolder folder;
  WriteFile(folder / "empty", "", IfExists::kFail);
  EXPECT_EQ(std::filesystem::file_size(folder / "empty"), 0u);
}

TEST(OutputFile, CreatesMissingFolders) {
  const TempFolder folder;
  WriteFile(folder.path() / "a" / "b" / "x", "text", IfExists::kFail);
  EXPECT_EQ(ReadText(folder.path() / "a" / "b" / "x"), "text");
}

TEST(OutputFile, LeavesNothingBehindWithoutCommit) {
  const TempFolder folder;
  EXPECT_THROW(
      {
        OutputFile out(folder / "x", IfExists::kFail);
        out.Write("half of");
        FailInput("somewhere", "went wrong");
      },
      Error);
  EXPECT_THAT(folder.List(), IsEmpty());
}

TEST(OutputFile, RefusesAnExistingTargetWithoutForce) {
  const TempFolder folder;
  const auto path = folder.Write("x", "old");
  const Error early = ErrorOf([&] { CheckOutputPath(path, IfExists::kFail); });
  const Error late = ErrorOf([&] { WriteFile(path, "new", IfExists::kFail); });
  for (const Error& error : {early, late}) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    EXPECT_THAT(error.what(), HasSubstr("--force"));
  }
  EXPECT_EQ(ReadText(path), "old");
}

TEST(OutputFile, RefusesATargetThatAppearedWhileItWasWritten) {
  const TempFolder folder;
  const Error error = ErrorOf([&] {
    OutputFile out(folder / "x", IfExists::kFail);
    folder.Write("x", "somebody else's");
    out.Commit();
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_EQ(ReadText(folder / "x"), "somebody else's");
  EXPECT_THAT(folder.List(), ElementsAre("x"));
}

TEST(OutputFile, ReplacesAnExistingTargetWithForce) {
  const TempFolder folder;
  const auto path = folder.Write("x", "old and longer");
  WriteFile(path, "new", IfExists::kReplace);
  EXPECT_EQ(ReadText(path), "new");
  EXPECT_THAT(folder.List(), ElementsAre("x"));
}

TEST(OutputFile, RefusesAFolderEvenWithForce) {
  const TempFolder folder;
  for (const auto& path : {folder.path(), folder.path() / "later/"}) {
    EXPECT_EQ(
        ErrorOf([&] { CheckOutputPath(path, IfExists::kReplace); }).kind(),
        ErrorKind::kUsage)
        << path;
  }
}

// `bench --out NEW` on a set that it can't measure left NEW behind.
TEST(OutputFile, TakesBackTheFoldersItMadeUnlessCommitted) {
  const TempFolder folder;
  {
    const OutputFile out(folder / "new/deep/x", IfExists::kFail);
    EXPECT_TRUE(std::filesystem::exists(folder / "new/deep"));
  }
  EXPECT_THAT(folder.List(), IsEmpty());
  {
    const OutputFile out(folder / "new/deep/x", IfExists::kFail);
    folder.Write("new/mine", "text");
  }
  EXPECT_EQ(ReadText(folder / "new/mine"), "text");
  EXPECT_FALSE(std::filesystem::exists(folder / "new/deep"));
}

// What the reading end of a pipe gets.
std::string Drained(int descriptor) {
  std::array<char, 64> text{};
  const ssize_t size = read(descriptor, text.data(), text.size());
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

TEST(OutputFile, WritesToAnOpenDescriptorByItsName) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  for (const char* name : {"/dev/fd/", "/proc/self/fd/"}) {
    const std::string path = name + std::to_string(ends[1]);
    EXPECT_TRUE(IsStream(path));
    EXPECT_NO_THROW(CheckOutputPath(path, IfExists::kFail));
    WriteFile(path, "text", IfExists::kFail);
    EXPECT_EQ(Drained(ends[0]), "text");
  }
  close(ends[0]);
  close(ends[1]);
  EXPECT_FALSE(IsStream("/dev/fd/" + std::to_string(ends[1])));
}

// Behind /dev/stdout may be a file: what was written to it before stays.
TEST(OutputFile, GoesOnWhereADescriptorOfAFileIs) {
  const TempFolder folder;
  const auto path = folder / "x";
  const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_EQ(write(file, "first ", 6), 6);
  WriteFile("/dev/fd/" + std::to_string(file), "second", IfExists::kReplace);
  close(file);
  EXPECT_EQ(ReadText(path), "first second");
}

TEST(OutputFile, WritesToAPipeOnDiskAndADeviceAndReplacesNeither) {
  const TempFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  WriteFile(pipe, "text", IfExists::kReplace);
  EXPECT_EQ(Drained(reader), "text");
  close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
  EXPECT_THAT(folder.List(), ElementsAre("pipe"));
  WriteFile("/dev/null", "text", IfExists::kReplace);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(OutputFile, ThatCantBeCreatedIsBadInputThatNamesIt) {
  const TempFolder folder;
  folder.Write("file", "");
  const Error error = ErrorOf([&] {
    WriteFile(folder.path() / "file" / "x", "text", IfExists::kFail);
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr((folder / "file").string()));
}

TEST(OutputFile, AFullDiskLeavesWhatWasThere) {
  const TempFolder folder;
  const auto path = folder.Write("x", "old");
  const std::string too_much(10000, 'x');
  const Error error = [&] {
    const FullDisk full(4096);
    return ErrorOf([&] { WriteFile(path, too_much, IfExists::kReplace); });
  }();
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("could not be written"));
  EXPECT_EQ(ReadText(path), "old");
  EXPECT_THAT(folder.List(), ElementsAre("x"));
}

TEST(OutputFile, WritesAtOffsetsFromSeveralThreads) {
  const TempFolder folder;
  OutputFile out(folder / "x", IfExists::kFail);
  ParallelFor(200, [&](int64_t i) {
    const std::string block(3, static_cast<char>('a' + i % 26));
    out.WriteAt(3 * i, std::as_bytes(std::span(block)));
  });
  out.Commit();
  const std::string content = ReadText(folder / "x");
  ASSERT_EQ(content.size(), 600u);
  for (std::size_t i = 0; i < content.size(); ++i) {
    EXPECT_EQ(content[i], static_cast<char>('a' + i / 3 % 26)) << i;
  }
}

TEST(OutputFile, TwoWritersOfOneTargetDoNotMixTheirBytes) {
  const TempFolder folder;
  OutputFile first(folder / "x", IfExists::kReplace);
  first.Write("first");
  OutputFile second(folder / "x", IfExists::kReplace);
  second.Write("2");
  first.Commit();
  EXPECT_EQ(ReadText(folder / "x"), "first");
  second.Commit();
  EXPECT_EQ(ReadText(folder / "x"), "2");
}

}  // namespace
}  // namespace edge_int8
