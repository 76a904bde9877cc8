#include "src/formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "src/formats/checkpoint_file.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string File(const std::string& header, const std::string& data = "") {
  std::string bytes;
  for (int i = 0; i < 8; ++i) {
    bytes += static_cast<char>(header.size() >> (8 * i));
  }
  return bytes + header + data;
}

CheckpointFile OpenSafetensors(const std::string& bytes) {
  return {"x.safetensors", std::as_bytes(std::span(bytes))};
}

std::string SafetensorsRefusal(const std::string& bytes) {
  const Error error = ErrorOf([&] {
    CheckpointFile file = OpenSafetensors(bytes);
    for (const StoredTensor& tensor : file.tensors()) file.Read(tensor);
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("x.safetensors"));
  return error.what();
}

std::string Entry(const std::string& type, const std::string& shape,
                  const std::string& offsets) {
  return R"({"a":{"dtype":")" + type + R"(","shape":)" + shape +
         R"(,"data_offsets":)" + offsets + "}}";
}

TEST(Safetensors, GivesTensorsInTheOrderOfTheirBytes) {
  const std::string bytes =
      File(R"({"__metadata__":{"format":"pt"},)"
           R"("b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
           R"("a":{"dtype":"I64","shape":[],"data_offsets":[4,12]}})",
           "\x80\x3f\x00\xc0\x07\0\0\0\0\0\0\0"s);
  CheckpointFile file = OpenSafetensors(bytes);
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].name, "b");
  EXPECT_THAT(file.Read(file.tensors()[0]).data, ElementsAre(1, -2));
  EXPECT_THAT(file.Read(file.tensors()[1]).data, ElementsAre(7));
  EXPECT_TRUE(IsIntegerStorage(file.tensors()[1].type));
  EXPECT_EQ(file.warning(), "");
}

TEST(Safetensors, ReadsAHeaderPaddedWithNulWithAWarning) {
  const std::string bytes =
      File(Entry("F32", "[1]", "[0,4]") + std::string(5, '\0'), "\0\0\x80?"s);
  CheckpointFile file = OpenSafetensors(bytes);
  EXPECT_THAT(file.Read(file.tensors()[0]).data, ElementsAre(1));
  EXPECT_THAT(file.warning(), HasSubstr("padded with NUL"));
}

TEST(Safetensors, RefusesWhatDoesNotFit) {
  const std::string four(4, '\0');
  EXPECT_THAT(
      SafetensorsRefusal(File(Entry("F32", "[1]", "[0,4]")).substr(0, 30)),
      HasSubstr("cut short"));
  EXPECT_THAT(SafetensorsRefusal(File(Entry("F32", "[1]", "[0,4]"), "123")),
              HasSubstr("leave the 3 bytes of data"));
  for (const char* const offsets : {"[4,0]", "[-4,0]", "[0,4294967296]"}) {
    EXPECT_THAT(SafetensorsRefusal(File(Entry("F32", "[1]", offsets), four)),
                HasSubstr("leave the 4 bytes"));
  }
  for (const char* const shape :
       {"[2]", "[-1]", "[4294967296,4294967296,4294967296]", "[0]"}) {
    EXPECT_THAT(SafetensorsRefusal(File(Entry("F32", shape, "[0,4]"), four)),
                HasSubstr("does not match its 4 bytes"));
  }
  EXPECT_THAT(SafetensorsRefusal(File(Entry("F8_E4M3", "[4]", "[0,4]"), four)),
              HasSubstr("safetensors type F8_E4M3"));
  EXPECT_THAT(SafetensorsRefusal(File("{\"a\":[1}")),
              HasSubstr("its header is not JSON"));
  EXPECT_THAT(SafetensorsRefusal(File("{\"a\":3}")), HasSubstr("/a"));
  EXPECT_THAT(SafetensorsRefusal(File("{\"a\":" + std::string(9, '[') +
                                      std::string(9, ']') + "}")),
              HasSubstr("nested too deep"));
  EXPECT_THAT(SafetensorsRefusal(File("{}")), HasSubstr("holds no tensor"));
}

}  // namespace
}  // namespace edge_int8
