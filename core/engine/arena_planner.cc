#include "core/engine/arena_planner.h"

#include <algorithm>

#include "core/engine/aligned_buffer.h"

namespace edge_int8::core {
namespace {

bool LiveTogether(const ArenaBlock& a, const ArenaBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The lowest offset where `block` fits between `placed`, sorted by offset.
int64_t LowestFit(const ArenaBlock& block,
                  const std::vector<const ArenaBlock*>& placed) {
  int64_t offset = 0;
  for (const ArenaBlock* other : placed) {
    if (!LiveTogether(block, *other)) continue;
    if (offset + block.bytes <= other->offset) break;
    offset = std::max(offset, RoundUp(other->offset + other->bytes,
                                      static_cast<int64_t>(kCacheLine)));
  }
  return offset;
}

}  // namespace

int64_t PlanArena(std::vector<ArenaBlock>* blocks) {
  std::vector<ArenaBlock*> order;
  for (ArenaBlock& block : *blocks) order.push_back(&block);
  std::stable_sort(order.begin(), order.end(),
                   [](const ArenaBlock* a, const ArenaBlock* b) {
                     return a->bytes > b->bytes;
                   });
  std::vector<const ArenaBlock*> placed;
  int64_t size = 0;
  for (ArenaBlock* block : order) {
    block->offset = LowestFit(*block, placed);
    size = std::max(size, block->offset + block->bytes);
    const auto after = std::find_if(
        placed.begin(), placed.end(),
        [&](const ArenaBlock* p) { return p->offset > block->offset; });
    placed.insert(after, block);
  }
  return size;
}

}  // namespace edge_int8::core
