#include "src/formats/npy_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/formats/npy.h"
#include "src/formats/string_array.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(NpyWriter, WritesTheHeaderNumPyWrites) {
  // np.save of float32 zeros (2, 3), NumPy 1.24.
  std::string expected("\x93NUMPY\x01\x00v\x00", 10);
  expected += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  expected.resize(127, ' ');
  expected += '\n';
  EXPECT_EQ(NpyHeaderBytes("<f4", {2, 3}), expected);
}

TEST(NpyWriter, WritesExtentsAsPythonTuples) {
  EXPECT_NE(NpyHeaderBytes("<i8", {}).find("'shape': (), }"),
            std::string::npos);
  EXPECT_NE(NpyHeaderBytes("<i8", {7}).find("'shape': (7,), }"),
            std::string::npos);
}

TEST(NpyWriter, PadsAnyHeaderToAMultipleOf64) {
  Shape shape;
  for (int i = 0; i < 20; ++i) {
    shape.push_back(1);
    EXPECT_EQ(NpyHeaderBytes("<f4", shape).size() % 64, 0u) << i;
  }
}

TEST(NpyWriter, ComesBackThroughTheReader) {
  const std::vector<float> floats = {1.5f, -2.0f, 0.0f, 3e38f};
  const std::string two = NpyBytes({2, 2}, std::span<const float>(floats));
  const NpyView view("x", Bytes(two));
  EXPECT_EQ(view.shape(), (Shape{2, 2}));
  EXPECT_EQ(view.Floats(), floats);

  const std::vector<int64_t> one = {int64_t{1} << 40};
  const std::string scalar = NpyBytes({}, std::span<const int64_t>(one));
  EXPECT_THAT(NpyView("x", Bytes(scalar)).Integers(), ElementsAre(one[0]));

  const std::string empty = NpyBytes({0, 2}, std::span<const float>());
  EXPECT_EQ(NpyView("x", Bytes(empty)).size(), 0);

  const std::string text = NpyBytes({"a b", "", "\xc3\xa9"});
  EXPECT_THAT(ReadStrings(NpyView("x", Bytes(text))),
              ElementsAre("a b", "", "\xc3\xa9"));
}

TEST(NpyWriter, RefusesValuesThatDoNotFillTheShape) {
  const std::vector<float> floats(3);
  EXPECT_EQ(ErrorOf([&] {
              NpyBytes({2, 2}, std::span<const float>(floats));
            }).kind(),
            ErrorKind::kInternal);
}

}  // namespace
}  // namespace edge_int8
