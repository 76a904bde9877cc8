#include "src/capture/line_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/base/sha256.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

std::vector<std::string> LinesOf(const std::string& text, int64_t* too_long) {
  MemoryStream bytes(std::as_bytes(std::span(text)));
  LineReader reader(bytes);
  std::vector<std::string> lines;
  while (const auto line = reader.Next()) lines.emplace_back(*line);
  if (too_long != nullptr) *too_long = reader.too_long();
  return lines;
}

TEST(LineReader, TakesBothKindsOfLineEndsAndNoneAtTheEnd) {
  EXPECT_EQ(LinesOf("a\r\n\nb\nc", nullptr),
            (std::vector<std::string>{"a", "", "b", "c"}));
  EXPECT_TRUE(LinesOf("", nullptr).empty());
}

TEST(LineReader, SkipsAndCountsLinesThatAreTooLong) {
  const std::string longest(kLongestLine, 'x');
  int64_t too_long = 0;
  EXPECT_EQ(LinesOf("a\n" + longest + "\n" + std::string(5 << 20, 'y') +
                        "\nb\n" + std::string(3 << 20, 'z'),
                    &too_long),
            (std::vector<std::string>{"a", longest, "b"}));
  EXPECT_EQ(too_long, 2);
}

TEST(LineReader, JoinsLinesAcrossItsBuffers) {
  std::string text;
  std::vector<std::string> lines;
  for (int i = 0; i < 60000; ++i) {
    lines.push_back(std::string(static_cast<std::size_t>(i % 97), 'a') +
                    std::to_string(i));
    text += lines.back() + "\n";
  }
  EXPECT_EQ(LinesOf(text, nullptr), lines);
}

TEST(FileStream, HashesWhatItReadsAndWhatIsLeft) {
  const TempFolder folder;
  const std::string text(3 << 20, 'q');
  FileStream file(folder.Write("a", text), true);
  std::vector<char> room(1000);
  file.Read(room);
  EXPECT_EQ(file.Hex(), Sha256(std::as_bytes(std::span(text))));
  EXPECT_EQ(file.bytes_read(), 3 << 20);
  EXPECT_THROW(FileStream(folder.path(), false), Error);
  EXPECT_THROW(FileStream(folder / "none", false), Error);
}

}  // namespace
}  // namespace edge_int8
