#include "src/export/tflite/tflite_writer.h"

#include <gtest/gtest.h>

#include <array>

namespace edge_int8 {
namespace {

TfliteWriter Identity() {
  TfliteWriter writer;
  const int x = writer.Tensor("x", {1, 4}, TfType::kInt8, 0.5, -3);
  const int y = writer.Tensor("y", {1, 4}, TfType::kInt16, 0.25, 0);
  writer.Op(TfQuantize{}, {x}, {y});
  return writer;
}

TEST(TfliteWriter, RemembersShapesAndTypes) {
  const TfliteWriter writer = Identity();
  EXPECT_EQ(writer.shape(1), (TfShape{1, 4}));
  EXPECT_EQ(writer.type(0), TfType::kInt8);
  EXPECT_EQ(writer.type(1), TfType::kInt16);
  EXPECT_EQ(writer.operators(), 1);
}

// Readers map weights in place, so they want their alignment in the file.
TEST(TfliteWriter, ConstantsLieAtMultiplesOfSixteen) {
  TfliteWriter writer = Identity();
  std::array<int8_t, 21> values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<int8_t>(101 + i);
  }
  writer.Constant("odd", {5}, std::span<const int8_t>(values).first(5), {1.0f});
  writer.Constant("w", {21}, std::span<const int8_t>(values), {1.0f});
  const std::string bytes = writer.Bytes("g", "d", 0, 1);
  const std::string wanted(reinterpret_cast<const char*>(values.data()),
                           values.size());
  const std::size_t at = bytes.find(wanted);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(at % 16, 0u);
}

TEST(TfliteWriter, NamesAndDescriptionAreInTheFile) {
  const std::string bytes =
      Identity().Bytes("graph-name", "made by a test", 0, 1);
  EXPECT_NE(bytes.find("graph-name"), std::string::npos);
  EXPECT_NE(bytes.find("made by a test"), std::string::npos);
  EXPECT_EQ(bytes, Identity().Bytes("graph-name", "made by a test", 0, 1));
}

}  // namespace
}  // namespace edge_int8
