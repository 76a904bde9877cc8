// What follows a sum of integers where all channels have one multiplier:
// requantization, zero point, clamp, table, and the store. Tested by
// uniform_finish_test.cc against Activate().
#ifndef EDGE_INT8_CORE_ENGINE_UNIFORM_FINISH_H_
#define EDGE_INT8_CORE_ENGINE_UNIFORM_FINISH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/engine/aligned_buffer.h"
#include "core/engine/channel_scales.h"
#include "core/engine/finish.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

// What a buffer of `count` accumulators needs: kernels take whole panels.
constexpr int64_t AccumulatorBytes(int64_t count) {
  return RoundUp(RoundUp(count, kPanel) * 4, static_cast<int64_t>(kCacheLine));
}

class UniformFinish {
 public:
  UniformFinish() = default;
  // Several multipliers: Run() says which. largest: of |acc|, for any input.
  UniformFinish(const std::vector<Multiplier>& scales,
                const Activation& activation, Type type, int64_t largest);

  // acc: AccumulatorBytes(count), overwritten. out: the tensor's values.
  void Run(const KernelTable& kernels, int32_t* acc, int32_t count,
           std::byte* out, std::size_t scale = 0) const;

 private:
  ChannelScales scales_;  // each for one panel of channels
  Finish finish_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_UNIFORM_FINISH_H_
