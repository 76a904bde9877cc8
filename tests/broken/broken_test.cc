// Files that each have one thing wrong fail with the error that says so; and
// whatever one byte or the end of a good file is changed to, its reader reads
// it or refuses it, without asking for memory that the file does not justify.
// make_broken.py writes files/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/formats/npz.h"
#include "src/formats/pickle.h"
#include "src/formats/state_dict.h"
#include "src/formats/string_array.h"
#include "tests/broken/largest_allocation.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

using Bytes = std::span<const std::byte>;

const std::filesystem::path kTests = kSourceDir + "/tests";

void ReadNpy(Bytes bytes) {
  const NpyView view("file", bytes);
  if (view.type() == NpyType::kObject || view.type() == NpyType::kText) {
    ReadStrings(view);
  }
}
void ReadNpz(Bytes bytes) {
  const Npz npz("file", bytes);
  for (const std::string& name : npz.Names()) npz.Read(name);
}
void ReadPickle(Bytes bytes) { Pickle("file", bytes); }
void ReadPth(Bytes bytes) { ReadStateDict("file", bytes); }

// The reader of a file by the end of its name.
std::function<void(Bytes)> ReaderOf(const std::filesystem::path& file) {
  const std::map<std::string, void (*)(Bytes)> readers = {
      {".npy", ReadNpy},
      {".npz", ReadNpz},
      {".pkl", ReadPickle},
      {".pth", ReadPth},
      {".safetensors", ReadPth}};
  return readers.at(file.extension().string());
}

// --- One thing wrong ---

struct Broken {
  const char* name;
  const char* message;
};

const Broken kBroken[] = {
    {"truncated.npy", "does not match the 15 bytes"},
    {"oversized.npy", "does not match the 17 bytes"},
    {"complex.npy", "type '<c8' is not supported"},
    {"structured.npy", "structured types are not supported"},
    {"claims_2_60.npy", "shape (1152921504606846976) of <f4 does not match"},
    {"overflows.npy", "shape (4294967296, 4294967296, 4) of <f4 does not"},
    {"version_9.npy", "at byte 6: npy version is not 1.0, 2.0 or 3.0"},
    {"bad_magic.npy", "at byte 0: not a .npy file"},
    {"os_system.npy", "the pickle names 'posix.system', which is not on"},
    {"os_system_0.pkl", "at byte 0: not a pickle of protocol 2 to 5"},
    {"os_system_1.pkl", "at byte 0: not a pickle of protocol 2 to 5"},
    {"os_system_2.pkl", "at byte 2: the pickle names 'posix.system'"},
    {"os_system_3.pkl", "at byte 2: the pickle names 'posix.system'"},
    {"os_system_4.pkl", "the pickle names 'posix.system'"},
    {"os_system_5.pkl", "the pickle names 'posix.system'"},
    {"eval.pkl", "the pickle names 'builtins.eval'"},
    {"set.pkl", "pickle opcode 0x8f is not on the list"},
    {"object.pkl", "the pickle names 'torch.device'"},
    {"huge_string.pkl", "expected 4611686018427387904 more bytes, found 2"},
    {"huge_int.pkl", "larger than 64 bits"},
    {"absolute.npz", "entry '/tmp/a.npy': expected a name inside"},
    {"parent.npz", "entry '../a.npy': expected a name inside"},
    {"not_npy.npz", "entry 'a.txt': expected a name that ends in .npy"},
    {"lzma.npz", "compressed by method 14, expected stored or deflated"},
    {"declares_4_gb.npz", "declares 4294967294 bytes, expected at most"},
    {"bad_crc.npz", "CRC error"},
    {"inflates_to_more.npz", "declares 144 bytes and holds more"},
    {"truncated.npz", "is a zip archive that is cut short or damaged"},
    {"encrypted.npz", "is encrypted"},
    {"os_system.pth", "it holds 'posix.system', which was not run"},
    {"module.pth", "a whole module, 'torch.nn.modules.linear.Linear'"},
    {"truncated.pth", "is a zip archive that is cut short or damaged"},
    {"flipped.pth", "CRC error"},
    {"complex.pth", "tensor 'w' is of 'torch.ComplexFloatStorage'"},
    {"torchscript.pth", "is a TorchScript archive"},
};

TEST(BrokenFile, FailsWithItsOwnError) {
  for (const Broken& broken : kBroken) {
    const auto path = kTests / "broken/files" / broken.name;
    const std::string content = ReadText(path);
    ASSERT_FALSE(content.empty()) << path;
    const LargestAllocation largest;
    const Error error =
        ErrorOf([&] { ReaderOf(path)(std::as_bytes(std::span(content))); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << broken.name;
    EXPECT_THAT(error.what(), HasSubstr("file")) << broken.name;
    EXPECT_THAT(error.what(), HasSubstr(broken.message)) << broken.name;
    EXPECT_LT(largest.bytes(), std::size_t{1} << 20) << broken.name;
  }
}

TEST(BrokenFile, EveryFileOfTheFolderIsInTheTable) {
  std::set<std::string> named, found;
  for (const Broken& broken : kBroken) named.insert(broken.name);
  for (const auto& entry :
       std::filesystem::directory_iterator(kTests / "broken/files")) {
    found.insert(entry.path().filename().string());
  }
  EXPECT_EQ(named, found);
}

// --- Every truncation and every changed byte of good files ---

class GoodFile : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    path_ = kTests / GetParam();
    content_ = ReadText(path_);
    ASSERT_FALSE(content_.empty()) << path_;
  }
  // True when it was read. Anything thrown but kBadInput fails the test.
  bool Reads(const std::string& content) const {
    try {
      ReaderOf(path_)(std::as_bytes(std::span(content)));
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << error.what();
      return false;
    }
  }

  std::filesystem::path path_;
  std::string content_;
};

TEST_P(GoodFile, IsRead) { EXPECT_TRUE(Reads(content_)); }

TEST_P(GoodFile, IsRefusedAtEveryTruncation) {
  for (std::size_t size = 0; size < content_.size(); ++size) {
    EXPECT_FALSE(Reads(content_.substr(0, size))) << size << " bytes";
  }
}

TEST_P(GoodFile, IsReadOrRefusedWhicheverByteChanges) {
  const LargestAllocation largest;
  for (std::size_t at = 0; at < content_.size(); ++at) {
    for (const int change : {0x01, 0x10, 0x80, 0xff}) {
      std::string changed = content_;
      changed[at] = static_cast<char>(changed[at] ^ change);
      Reads(changed);
    }
  }
  EXPECT_LT(largest.bytes(), std::size_t{8} << 20);
}

INSTANTIATE_TEST_SUITE_P(
    Files, GoodFile,
    testing::Values(
        "fuzz/corpus/fuzz_npy/f4.npy", "fuzz/corpus/fuzz_npy/object.npy",
        "fuzz/corpus/fuzz_npz/stored.npz", "fuzz/corpus/fuzz_npz/deflated.npz",
        "golden/readers/text.npy", "golden/readers/str_objects_numpy1.npy",
        "golden/readers/str_objects_numpy2.npy", "golden/readers/mixed_2.pkl",
        "golden/readers/mixed_5.pkl", "golden/readers/defaultdict_4.pkl",
        "golden/readers/plain.pth", "golden/readers/views.pth",
        "golden/readers/legacy.pth",
        "fuzz/corpus/fuzz_safetensors/mini.safetensors"),
    [](const auto& info) {
      std::string name = std::filesystem::path(info.param).filename().string();
      std::ranges::replace(name, '.', '_');
      return name;
    });

}  // namespace
}  // namespace edge_int8
