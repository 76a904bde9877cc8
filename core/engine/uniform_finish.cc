#include "core/engine/uniform_finish.h"

namespace edge_int8::core {
namespace {

std::vector<Multiplier> OfPanels(const std::vector<Multiplier>& scales) {
  std::vector<Multiplier> all;
  for (const Multiplier& scale : scales) all.insert(all.end(), kPanel, scale);
  return all;
}

InFloat AnyInFloat(const std::vector<Multiplier>& scales, int64_t largest) {
  const std::vector<int64_t> same(scales.size(), largest);
  return ChannelScales::HowInFloat(scales, same);
}

}  // namespace

UniformFinish::UniformFinish(const std::vector<Multiplier>& scales,
                             const Activation& activation, Type type,
                             int64_t largest)
    : scales_(OfPanels(scales), scales.size() * kPanel, 0,
              AnyInFloat(scales, largest)),
      finish_(activation, type) {}

void UniformFinish::Run(const KernelTable& kernels, int32_t* acc, int32_t count,
                        std::byte* out, std::size_t scale) const {
  auto* const pre = reinterpret_cast<int16_t*>(acc);
  kernels.requantize({acc, static_cast<int32_t>(RoundUp(count, kPanel)), kPanel,
                      scales_.row(static_cast<int32_t>(scale) * kPanel),
                      finish_.zero(), finish_.low(), finish_.high(), pre});
  finish_.Run(kernels, pre, count, out);
}

}  // namespace edge_int8::core
