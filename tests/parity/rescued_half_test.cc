// The plan that the default recipe makes of the trained `half` stores five
// quantizers more finely. Its memory and the bounds of its values depend on
// which, not on weights, so a random network stands for the trained one.
#include <gtest/gtest.h>

#include <memory>
#include <variant>

#include "core/engine/engine.h"
#include "core/engine/value_range.h"
#include "core/engine/winograd_plan.h"
#include "src/qgraph/lower.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/ptq.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

core::IntegerGraph RescuedHalf() {
  const Model model = FoldedWiflow("half", 3);
  const QGraph qgraph = BuildQGraph(model.graph);
  PtqOptions options;
  options.quantizer_bits_of = {{"attention.height_axis.mix", 16},
                               {"attention.width_axis.mix", 16},
                               {"decoder.0", 12},
                               {"decoder.2", 16},
                               {"tcn.network.3.silu_sum", 16}};
  const Plan plan = MakePtqPlan(
      model, qgraph, Calibrate(model, qgraph, RandomWindows(2, 4)), options);
  return Lower(model, plan);
}

TEST(RescuedHalf, NeedsAtMost64KiBOfArena) {
  const core::IntegerGraph graph = RescuedHalf();
  for (const core::Isa isa : core::AvailableIsas()) {
    std::unique_ptr<core::Engine> engine;
    ASSERT_EQ(core::Engine::Create(graph, {isa}, &engine), core::Status::kOk);
    EXPECT_LE(engine->arena_bytes(), 65536u) << core::IsaName(isa);
  }
}

// The only convolution of 3 by 3 reads attention's output of 16 bits.
TEST(RescuedHalf, DecodesWithFewerProducts) {
  const core::IntegerGraph graph = RescuedHalf();
  const std::vector<core::TensorLayout> layouts = core::PlanLayouts(graph);
  int found = 0;
  for (const core::IntegerOp& any : graph.ops) {
    const auto* op = std::get_if<core::ConvOp>(&any);
    if (op == nullptr || op->geometry.kernel_h != 3) continue;
    ++found;
    EXPECT_TRUE(
        core::SuitsWinograd(*op, layouts[static_cast<std::size_t>(op->input)],
                            layouts[static_cast<std::size_t>(op->output)],
                            core::LargestValue(graph, op->input)));
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace edge_int8
