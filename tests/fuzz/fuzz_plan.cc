// Whatever the text, a plan is refused, or comes back from its own JSON; and
// one that fits a small network lowers.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

#include "src/qgraph/lower.h"
#include "src/qgraph/plan.h"
#include "tests/fuzz/refusal.h"
#include "tests/testing/small_models.h"

namespace edge_int8 {
namespace {

void Try(std::span<const uint8_t> text) {
  static const Model model = SmallModel(1);
  static const QGraph qgraph = BuildQGraph(model.graph);
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return;
  const Plan plan = PlanFromJson(json, "plan.json");
  Expect(PlanFromJson(ToJson(plan), "again.json") == plan);
  CheckPlan(plan, model.graph, qgraph, "plan.json");
  Lower(model, plan);
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] { edge_int8::Try({data, size}); });
  return 0;
}
