#include "src/graph/model.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/nets/wiflow.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

TEST(Model, NamesAMissingParameter) {
  const Error error = ErrorOf([] { Model().Parameter("fc.weight"); });
  EXPECT_EQ(error.kind(), ErrorKind::kInternal);
  EXPECT_NE(std::string(error.what()).find("fc.weight"), std::string::npos);
}

TEST(RandomModel, HasEveryParameterAndIsTheSameForASeed) {
  const Graph graph = BuildWiflow(WiflowVariant("tiny"));
  const Model model = RandomModel(graph, 3), again = RandomModel(graph, 3),
              other = RandomModel(graph, 4);
  for (const ParameterSpec& spec : graph.parameters) {
    if (spec.integer) {
      EXPECT_FALSE(model.parameters.contains(spec.name));
      continue;
    }
    const Tensor& tensor = model.Parameter(spec.name);
    EXPECT_EQ(tensor.shape, spec.shape) << spec.name;
    EXPECT_EQ(tensor.data, again.Parameter(spec.name).data) << spec.name;
    EXPECT_NE(tensor.data, other.Parameter(spec.name).data) << spec.name;
    if (spec.name.ends_with(".running_var")) {
      EXPECT_GT(*std::ranges::min_element(tensor.data), 0) << spec.name;
    }
  }
}

}  // namespace
}  // namespace edge_int8
