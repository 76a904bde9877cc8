#include "src/formats/file_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/formats/stored_zip.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string Refusal(const std::string& bytes,
                    const std::string& where = "x.pth") {
  const Error error = ErrorOf(
      [&] { RecogniseCheckpoint(where, std::as_bytes(std::span(bytes))); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), StartsWith(where + ": is "));
  return error.what();
}

CheckpointKind KindOf(const std::string& bytes) {
  return RecogniseCheckpoint("x.pth", std::as_bytes(std::span(bytes)));
}

TEST(FileKind, RecognisesWhatCanBeRead) {
  EXPECT_EQ(KindOf(StoredZip({{"a", "b"}})), CheckpointKind::kTorchZip);
  EXPECT_EQ(
      KindOf("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s),
      CheckpointKind::kTorchLegacy);
  EXPECT_EQ(KindOf("\x02\0\0\0\0\0\0\0{}"s), CheckpointKind::kSafetensors);
}

TEST(FileKind, NamesWhatADownloadLeft) {
  const std::string pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
  EXPECT_THAT(Refusal(pointer, "Anna's runs/x.pth"),
              HasSubstr("Git LFS pointer, not the file that it stands for; "
                        "this fetches it: git -C 'Anna'\\''s runs' lfs pull"));
  EXPECT_THAT(Refusal(pointer), HasSubstr("git -C . lfs pull"));
  for (const char* const page :
       {"<!DOCTYPE html><html>", "\n  <HTML lang='en'>", "\xef\xbb\xbf<html>",
        "<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"}) {
    EXPECT_THAT(Refusal(page, "my x.pth"),
                HasSubstr("web page (HTML), not a checkpoint"));
    EXPECT_THAT(Refusal(page, "my x.pth"), HasSubstr("head -c 600 'my x.pth'"));
  }
  const std::string whole = StoredZip({{"m/data.pkl", std::string(999, 'x')}});
  for (const std::size_t bytes : {std::size_t{4}, whole.size() / 2}) {
    EXPECT_THAT(Refusal(whole.substr(0, bytes)),
                HasSubstr("is a zip archive that is cut short or damaged"));
  }
}

TEST(FileKind, NamesOtherFormats) {
  EXPECT_THAT(Refusal("\x89HDF\r\n\x1a\n"), HasSubstr("an HDF5 file"));
  EXPECT_THAT(Refusal("\x93NUMPY\x01"), HasSubstr("a .npy array"));
  EXPECT_THAT(Refusal("\x1c\0\0\0TFL3\0\0"s), HasSubstr("TensorFlow Lite"));
  EXPECT_THAT(Refusal("\x1f\x8b\x08\0\0"s, "a b.gz"),
              HasSubstr("gzip -dc 'a b.gz' > checkpoint.pth"));
  EXPECT_THAT(Refusal(std::string(257, 'x') + "ustar\0"s), HasSubstr("a tar"));
  EXPECT_THAT(Refusal("\x08\x07\x12\x07pytorch\x1a\x05"
                      "2.1.0:\x10"),
              HasSubstr("is an ONNX model"));
  EXPECT_THAT(Refusal("Pickle rick"), HasSubstr("is neither"));
  EXPECT_THAT(Refusal(""), HasSubstr("is empty"));
}

TEST(FileKind, TellsAPlainPickleWithACommandThatConvertsIt) {
  EXPECT_THAT(Refusal("\x80\x04}.", "Anna's.pkl"),
              AllOf(HasSubstr("python3 -c 'import pickle, torch; f = "),
                    HasSubstr("torch.save(f(pickle.load(open(\"Anna\\x27s.pkl"
                              "\", \"rb\"))), \"converted.pth\")'")));
}

}  // namespace
}  // namespace edge_int8
