#include "src/formats/torch_legacy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/formats/checkpoint_file.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9"
    "\x03."s;
const std::string kMachine = "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."s;

// {'w': a float tensor of two elements from `offset` of storage 'k'}
std::string Value(const std::string& view, const std::string& offset = "K\0"s) {
  return "\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storage"
         "ctorch\nFloatStorage\nU\x01kU\x03"
         "cpuK\x04" +
         view + "tQ" + offset + "K\x02\x85K\x01\x85\x89}tRs.";
}
const std::string kKeys = "\x80\x02]U\x01ka.";
const std::string kStorage =
    "\x04\0\0\0\0\0\0\0\0\0\x80?\0\0\0@\0\0\x40@\0\0\x80@"s;

std::vector<float> Read(const std::string& bytes) {
  CheckpointFile file("x.pth", std::as_bytes(std::span(bytes)));
  return file.Read(file.tensors().at(0)).data;
}

TEST(TorchLegacy, ReadsStoragesAfterTheValue) {
  const std::string head = kMagic + kMachine;
  EXPECT_THAT(Read(head + Value("N") + kKeys + kStorage), ElementsAre(1, 2));
  EXPECT_THAT(Read(head + Value("N", "K\x02") + kKeys + kStorage),
              ElementsAre(3, 4));
  EXPECT_THAT(Read(head + Value("U\x01vK\x01K\x02\x87") + kKeys + kStorage),
              ElementsAre(2, 3));
}

TEST(TorchLegacy, RefusesViewsThatLeaveTheirStorage) {
  const std::string head = kMagic + kMachine;
  for (const std::string& view :
       {"U\x01vK\x03K\x02\x87"s, "U\x01vJ\xff\xff\xff\xffK\x02\x87"s,
        "U\x01v\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02\x87"s}) {
    EXPECT_THROW(Read(head + Value(view, "K\x01") + kKeys + kStorage), Error);
  }
}

TEST(TorchLegacy, RefusesOtherVersionsAndMachines) {
  std::string other = kMagic;
  other[other.size() - 2] = '\x04';
  EXPECT_THAT(ErrorOf([&] {
                Read(other + kMachine + Value("N") + kKeys + kStorage);
              }).what(),
              HasSubstr("is not of version 1001"));
  std::string big = kMachine;
  big[big.size() - 3] = '\x89';
  EXPECT_THAT(ErrorOf([&] {
                Read(kMagic + big + Value("N") + kKeys + kStorage);
              }).what(),
              HasSubstr("big-endian machine"));
}

TEST(TorchLegacy, SaysThatADownloadIsCutShort) {
  const std::string whole =
      ReadText(kSourceDir + "/tests/golden/readers/legacy.pth");
  for (const std::size_t lost : {1u, 40u}) {
    EXPECT_THAT(
        ErrorOf([&] { Read(whole.substr(0, whole.size() - lost)); }).what(),
        HasSubstr("is cut short"));
  }
}

}  // namespace
}  // namespace edge_int8
