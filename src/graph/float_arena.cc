#include "src/graph/float_arena.h"

#include <algorithm>
#include <utility>

namespace edge_int8 {

ArenaLayout PlaceInArena(const std::vector<ArenaBuffer>& buffers,
                         int64_t reserved) {
  ArenaLayout layout{{}, reserved};
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const ArenaBuffer& buffer = buffers[i];
    std::vector<std::pair<int64_t, int64_t>> taken;  // [begin, end), sorted
    for (std::size_t k = 0; k < i; ++k) {
      const ArenaBuffer& other = buffers[k];
      if (other.first_step <= buffer.last_step &&
          buffer.first_step <= other.last_step) {
        taken.emplace_back(layout.begin[k], layout.begin[k] + other.size);
      }
    }
    std::ranges::sort(taken);
    int64_t begin = reserved;
    for (const auto& [from, to] : taken) {
      if (begin + buffer.size <= from) break;
      begin = std::max(begin, to);
    }
    layout.begin.push_back(begin);
    layout.size = std::max(layout.size, begin + buffer.size);
  }
  return layout;
}

}  // namespace edge_int8
