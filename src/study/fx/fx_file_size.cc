#include "src/study/fx/fx_file_size.h"

namespace edge_int8 {
namespace {

constexpr int64_t kScaleBytes = 4;
constexpr int64_t kZeroBytes = 8;

// A scale and a zero point of their own.
void AddGrid(FxFileSize& size) {
  size.numbers += kScaleBytes + kZeroBytes;
  size.storages += 2;
  size.entries += 2;
}

void AddConv(const Model& fused, const Conv& conv, FxFileSize& size) {
  size.numbers += fused.Parameter(conv.weight).size();
  size.numbers += 16 * int64_t{conv.out_channels};
  size.storages += 3;
  if (!conv.bias.empty()) {
    size.numbers += 4 * int64_t{conv.out_channels};
    size.storages += 1;
  }
  size.entries += 2;  // a bias of None has its name
}

// Weight, bias, mean, variance and the batch counter.
void AddNorm(const Extent& extent, FxFileSize& size) {
  size.numbers += 4 * 4 * int64_t{extent.channels} + 8;
  size.storages += 5;
  size.entries += 5;
}

}  // namespace

FxFileSize SizeAsFx(const Model& fused, const FxPlacement& place) {
  FxFileSize size;
  for (const Node& node : fused.graph.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      AddConv(fused, *conv, size);
    } else if (std::holds_alternative<BatchNorm>(node.op)) {
      AddNorm(fused.graph.extent(node.output), size);
    }
  }
  for (std::size_t g = 0; g < place.grids.size(); ++g) AddGrid(size);
  return size;
}

}  // namespace edge_int8
