#include "core/engine/peak.h"

#include <gtest/gtest.h>

namespace edge_int8::core {
namespace {

TEST(Peak, EveryAvailableInstructionSetHasOne) {
  for (int i = 0; i < kIsaCount; ++i) {
    const auto isa = static_cast<Isa>(i);
    const double peak = MeasurePeakMacsPerSecond(isa);
    if (IsAvailable(isa)) {
      EXPECT_GT(peak, 0) << IsaName(isa);
    } else {
      EXPECT_EQ(peak, 0) << IsaName(isa);
    }
  }
}

}  // namespace
}  // namespace edge_int8::core
