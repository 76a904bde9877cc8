#include "src/eval/model_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/nets/wiflow.h"
#include "tests/pose/pairs_folder.h"
#include "tests/pose/small_folder.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;

TEST(ModelFit, AFamilyNetworkFitsUpstreamsLayoutAndNoOther) {
  const ModelShapes tiny = ShapesOf(BuildWiflow(WiflowVariant("tiny")));
  EXPECT_EQ(tiny.input, (Shape{540, 20}));
  EXPECT_EQ(tiny.output, (Shape{15, 2}));
  const TempFolder upstream, pairs;
  WriteFolder(upstream.path(), {});
  CheckModelFits("tiny.pth", tiny, Dataset::Open(upstream.path()));
  WritePairsFolder(pairs.path());
  const Error error = ErrorOf(
      [&] { CheckModelFits("tiny.pth", tiny, Dataset::Open(pairs.path())); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_EQ(std::string(error.what()),
            "tiny.pth: takes windows [540, 20] and gives [15, 2]; " +
                pairs.path().string() + " has windows [3, 4] and poses [4, 3]");
}

TEST(ModelFit, OutputsMayBeFlatButNotExchanged) {
  const TempFolder folder;
  WritePairsFolder(folder.path());
  const Dataset data = Dataset::Open(folder.path());
  CheckModelFits("m", {{3, 4}, {4, 3}}, data);
  CheckModelFits("m", {{3, 1, 4}, {12}}, data);
  for (const ModelShapes& wrong :
       {ModelShapes{{4, 3}, {4, 3}}, ModelShapes{{3, 4}, {3, 4}},
        ModelShapes{{3, 4}, {4, 2}}, ModelShapes{{3, 5}, {4, 3}}}) {
    EXPECT_EQ(ErrorOf([&] { CheckModelFits("m", wrong, data); }).kind(),
              ErrorKind::kBadInput);
  }
}

TEST(ModelFit, ScoresMayBeOfMoreClassesThanTheSetHas) {
  const TempFolder folder;
  nlohmann::json description = WritePairsFolder(folder.path());
  description.erase("metric");
  description.erase("skeleton");
  WriteDescription(folder.path(), description);
  std::vector<uint8_t> y(40, 0);
  y[3] = 2;
  WriteArray(folder / "y.npy", "|u1", {40}, y);
  const Dataset data = Dataset::Open(folder.path());
  CheckModelFits("m", {{3, 4}, {3}}, data);
  CheckModelFits("m", {{3, 4}, {1, 1, 5}}, data);
  EXPECT_THAT(ErrorOf([&] {
                CheckModelFits("m", {{3, 4}, {2}}, data);
              }).what(),
              HasSubstr("gives [2]"));
}

}  // namespace
}  // namespace edge_int8
