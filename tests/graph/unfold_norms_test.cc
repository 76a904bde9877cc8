#include "src/graph/unfold_norms.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/graph/fold_norms.h"
#include "src/nets/wiflow.h"

namespace edge_int8 {
namespace {

// Folding what was unfolded gives the folded model back, and the parameters are
// those of the original graph.
TEST(UnfoldNorms, IsTheWayBack) {
  for (const char* variant : {"tiny", "quarter"}) {
    const Model model = RandomModel(BuildWiflow(WiflowVariant(variant)), 5);
    const Model folded = FoldBatchNorms(model);
    const Model unfolded = UnfoldBatchNorms(model.graph, folded);
    ASSERT_EQ(unfolded.parameters.size(), model.parameters.size());
    for (const auto& [name, tensor] : model.parameters) {
      EXPECT_EQ(unfolded.Parameter(name).shape, tensor.shape) << name;
    }
    const Model again = FoldBatchNorms(unfolded);
    for (const auto& [name, tensor] : folded.parameters) {
      const Tensor& back = again.Parameter(name);
      for (std::size_t i = 0; i < tensor.data.size(); ++i) {
        ASSERT_NEAR(back.data[i], tensor.data[i],
                    1e-6 * std::abs(tensor.data[i]))
            << name;
      }
    }
  }
}

}  // namespace
}  // namespace edge_int8
