// A set of the public one's size, 15.5 GB, costs address space and page cache
// but little private memory. The window file is sparse: it takes no disk space
// and reads as zeros.
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "src/base/parallel.h"
#include "src/pose/dataset.h"
#include "src/pose/upstream_shape.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

// RssAnon of /proc/self/status: memory that is this process's alone, without
// the mapped file's pages.
int64_t PrivateMegabytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes / 1024;
  }
  return -1;
}

TEST(DatasetMemory, OfA15GigabyteSetStaysUnder300MegabytesWhileItIsRead) {
  const TempFolder temp;
  WriteFolder(temp.path(), {.files = 500, .windows_per_file = 720});
  ASSERT_GT(std::filesystem::file_size(temp / "csi_windows.npy"),
            uintmax_t{15'500'000'000});
  const Dataset dataset = Dataset::Open(temp.path());
  EXPECT_EQ(dataset.windows(), 360000);
  Selection selection = dataset.Select(Split::kTest, Subset::kFull);
  ASSERT_EQ(selection.windows.size(), 54000u);

  // Every 54th window, so that reading touches all of the split's range; all
  // of it would be 2.3 GB of page cache.
  std::vector<float> first_values(1000);
  const SelectionSource source(dataset, std::move(selection.windows));
  ParallelFor(1000, [&](int64_t i) {
    std::vector<float> window(kWindowValues, 1);
    source.Read(i * 54, window);
    first_values[static_cast<std::size_t>(i)] = window.front();
  });
  EXPECT_EQ(first_values, std::vector<float>(1000, 0));
  const int64_t megabytes = PrivateMegabytes();
  EXPECT_GT(megabytes, 0);
#ifndef EDGE_INT8_SANITIZED
  EXPECT_LT(megabytes, 300);
#endif
  RecordProperty("private_megabytes", static_cast<int>(megabytes));
}

}  // namespace
}  // namespace edge_int8
