// The plan that the default recipe makes of the trained `half` stores five
// sites more finely. Its memory depends on which, not on values, so a random
// network stands for the trained one.
#include <gtest/gtest.h>

#include <memory>

#include "core/engine/engine.h"
#include "src/quant/calibration.h"
#include "src/quant/lower.h"
#include "src/quant/ptq.h"
#include "tests/quant/small_models.h"

namespace edge_int8 {
namespace {

TEST(RescuedArena, OfHalfIsAtMost64KiB) {
  const Model model = FoldedWiflow("half", 3);
  const SiteMap sites = FindSites(model.graph);
  PtqOptions options;
  options.site_bits_of = {{"attention.height_axis.mix", 16},
                          {"attention.width_axis.mix", 16},
                          {"decoder.0", 12},
                          {"decoder.2", 16},
                          {"tcn.network.3.silu_sum", 16}};
  const Plan plan = MakePtqPlan(
      model, sites, Calibrate(model, sites, RandomWindows(2, 4)), options);
  const core::IntegerGraph graph = Lower(model, plan);
  for (const core::Isa isa : core::AvailableIsas()) {
    std::unique_ptr<core::Engine> engine;
    ASSERT_EQ(core::Engine::Create(graph, {isa}, &engine), core::Status::kOk);
    EXPECT_LE(engine->arena_bytes(), 65536u) << core::IsaName(isa);
  }
}

}  // namespace
}  // namespace edge_int8
