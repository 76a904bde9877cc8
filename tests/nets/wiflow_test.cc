#include "src/nets/wiflow.h"

#include <gtest/gtest.h>

#include <string>

namespace edge_int8 {
namespace {

struct Expected {
  std::string name;
  int64_t parameters;
  int64_t macs;
};

class EveryVariant : public testing::TestWithParam<Expected> {};

TEST_P(EveryVariant, HasThePublishedCounts) {
  const Graph graph = BuildWiflow(WiflowVariant(GetParam().name));
  EXPECT_EQ(ParameterCount(graph), GetParam().parameters);
  EXPECT_EQ(CountMacs(graph).counted, GetParam().macs);
  EXPECT_EQ(graph.extent(graph.output), (Extent{15, 2, 1}));
}

INSTANTIATE_TEST_SUITE_P(Wiflow, EveryVariant,
                         testing::Values(Expected{"full", 2225042, 78658800},
                                         Expected{"half", 843834, 24537660},
                                         Expected{"quarter", 338600, 8877930},
                                         Expected{"tiny", 56290, 3081824}),
                         [](const auto& test) { return test.param.name; });

TEST(Wiflow, HalfKeeps23989200MacsPerWindow) {
  EXPECT_EQ(CountMacs(BuildWiflow(WiflowVariant("half"))).kept, 23989200);
}

TEST(Wiflow, AnUnknownVariantIsAUsageError) {
  try {
    WiflowVariant("huge");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

}  // namespace
}  // namespace edge_int8
