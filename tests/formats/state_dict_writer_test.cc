// What the state dict writer makes: read back by this project's reader, by
// PyTorch where it is installed, and the same bytes every time.
#include "src/formats/state_dict_writer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "src/formats/state_dict.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

std::vector<StateDictEntry> Example() {
  Tensor weight({2, 3, 1});
  for (std::size_t i = 0; i < 6; ++i) {
    weight.data[i] = static_cast<float>(i) - 2.5f;
  }
  return {{"up.block.0.weight", weight},
          {"up.block.1.bias", Tensor({4}, {0, -0.0f, 1e-30f, 3e38f})},
          {"up.block.1.num_batches_tracked", int64_t{5'000'000'000}}};
}

TEST(StateDictWriter, IsReadBack) {
  const std::string bytes = StateDictBytes(Example());
  const std::vector<NamedTensor> read =
      ReadStateDict("memory", std::as_bytes(std::span(bytes)));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].name, "up.block.0.weight");
  EXPECT_EQ(read[0].tensor.shape, (Shape{2, 3, 1}));
  EXPECT_EQ(read[0].tensor.data, std::get<Tensor>(Example()[0].value).data);
  EXPECT_FALSE(read[0].integer);
  EXPECT_EQ(read[1].tensor.data, std::get<Tensor>(Example()[1].value).data);
  EXPECT_TRUE(read[2].integer);
  EXPECT_EQ(read[2].tensor.shape, Shape{});
  EXPECT_EQ(read[2].tensor.data, std::vector<float>{5e9f});
}

TEST(StateDictWriter, WritesHalvesThatAreReadBack) {
  std::vector<StateDictEntry> entries = Example();
  entries[0].half = true;
  entries[0].value = Tensor({3}, {-2.5f, 1 + 0x1.0p-11f, 1 + 0x1.8p-10f});
  const std::string bytes = StateDictBytes(entries);
  const std::vector<NamedTensor> read =
      ReadStateDict("memory", std::as_bytes(std::span(bytes)));
  // 1 + 2^-11 is a tie, which goes to the even neighbour.
  EXPECT_EQ(read[0].tensor.data, (std::vector<float>{-2.5f, 1, 1 + 0x1.0p-9f}));
  EXPECT_EQ(read[1].tensor.data, std::get<Tensor>(entries[1].value).data);
}

TEST(StateDictWriter, GivesTheSameBytes) {
  EXPECT_EQ(StateDictBytes(Example()), StateDictBytes(Example()));
}

TEST(StateDictWriter, KeepsWhatIsThere) {
  const TempFolder folder;
  folder.Write("x.pth", "mine");
  EXPECT_EQ(ErrorOf([&] {
              WriteStateDict(folder / "x.pth", Example(), IfExists::kFail);
            }).kind(),
            ErrorKind::kUsage);
  EXPECT_EQ(ReadText(folder / "x.pth"), "mine");
}

TEST(StateDictWriter, IsLoadedByPyTorch) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Python has no torch here";
  }
  const TempFolder folder;
  WriteStateDict(folder / "x.pth", Example(), IfExists::kFail);
  const std::string script =
      "import sys, torch\n"
      "d = torch.load(sys.argv[1], weights_only=True)\n"
      "assert type(d).__name__ == 'OrderedDict', type(d)\n"
      "w = d['up.block.0.weight']\n"
      "assert w.dtype == torch.float32 and list(w.shape) == [2, 3, 1]\n"
      "assert w.flatten().tolist() == [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]\n"
      "n = d['up.block.1.num_batches_tracked']\n"
      "assert n.dtype == torch.int64 and n.shape == () and n == 5000000000\n"
      "assert list(d)[1] == 'up.block.1.bias'\n";
  folder.Write("check.py", script);
  EXPECT_EQ(std::system(("/usr/bin/python3 " + (folder / "check.py").string() +
                         " " + (folder / "x.pth").string())
                            .c_str()),
            0);
}

}  // namespace
}  // namespace edge_int8
