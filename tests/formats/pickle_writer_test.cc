#include "src/formats/pickle_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "src/formats/pickle.h"

namespace edge_int8 {
namespace {

Pickle ReadBack(const std::string& bytes) {
  return Pickle("x.pkl", std::as_bytes(std::span(bytes)));
}

TEST(PickleWriter, WritesADictOfDictsInItsOrder) {
  const int64_t big = std::numeric_limits<int64_t>::min();
  const Pickle pickle = ReadBack(
      PickleDictOfDicts({{"b", {{"start_idx", 0}, {"low", -1}}},
                         {"a", {{"over", int64_t{1} << 31}, {"big", big}}},
                         {"none", {}}}));
  const auto* const root = pickle.root().As<PickleDict>();
  ASSERT_NE(root, nullptr);
  ASSERT_EQ(root->items.size(), 3u);
  EXPECT_EQ(*root->items[0].first->As<std::string>(), "b");
  const auto* const a = root->Find("a")->As<PickleDict>();
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(*a->Find("over")->As<int64_t>(), int64_t{1} << 31);
  EXPECT_EQ(*a->Find("big")->As<int64_t>(), big);
  EXPECT_EQ(*root->Find("b")->As<PickleDict>()->Find("low")->As<int64_t>(), -1);
  EXPECT_TRUE(root->Find("none")->As<PickleDict>()->items.empty());
}

TEST(PickleWriter, WritesAnEmptyDict) {
  const Pickle pickle = ReadBack(PickleDictOfDicts({}));
  ASSERT_NE(pickle.root().As<PickleDict>(), nullptr);
  EXPECT_TRUE(pickle.root().As<PickleDict>()->items.empty());
}

TEST(PickleWriter, WritesANumPyObjectArray) {
  const Pickle pickle =
      ReadBack(PickleObjectArray({"x", std::string(300, 'y')}));
  const auto* const array = pickle.root().As<PickleArray>();
  ASSERT_NE(array, nullptr);
  EXPECT_EQ(array->dtype.kind, 'O');
  EXPECT_EQ(array->shape, (Shape{2}));
  ASSERT_EQ(array->items.size(), 2u);
  EXPECT_EQ(*array->items[1]->As<std::string>(), std::string(300, 'y'));
}

}  // namespace
}  // namespace edge_int8
