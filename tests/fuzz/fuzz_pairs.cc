// Whatever dataset.json says, the folder is refused, or is a set whose split,
// windows and targets can be read. Its arrays are there under a few names, of a
// few types.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "src/pose/dataset.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/scratch_folder.h"
#include "tests/pose/pairs_folder.h"

namespace edge_int8 {
namespace {

// x.npy and y.npy of poses; bytes as windows, classes as targets.
ScratchFolder* MakeFolder() {
  static ScratchFolder folder;
  WritePairsFolder(folder.path(), 12, 3, 2);
  std::vector<uint8_t> bytes(12 * 12, 7);
  WriteArray(folder / "b.npy", "|u1", {12, 3, 4}, bytes);
  std::vector<int64_t> classes;
  for (int64_t w = 0; w < 12; ++w) classes.push_back(w % 3);
  WriteArray(folder / "c.npy", "<i8", {12}, classes);
  return &folder;
}

void Try(std::string_view text) {
  static const ScratchFolder& folder = *MakeFolder();
  folder.Write("dataset.json", text);
  const Dataset dataset = Dataset::Open(folder.path());
  for (const Split split :
       {Split::kTrain, Split::kVal, Split::kTest, Split::kAll}) {
    const Selection selection = dataset.Select(split, Subset::kClean);
    Expect(selection.files.size() == selection.windows.size());
    for (const int64_t window : selection.windows) dataset.Window(window);
  }
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    edge_int8::Try({reinterpret_cast<const char*>(data), size});
  });
  return 0;
}
