// Gives blocks of memory with known lifetimes offsets in one arena, so that
// blocks alive at the same time never overlap. Tested by arena_planner_test.cc.
//
// Greedy by size: the largest block first, each at the lowest offset that is
// free for its whole life (Pisarchyk and Lee, "Efficient Memory Management for
// Deep Neural Net Inference", 2020). Not optimal in general; the test measures
// it against the largest sum of blocks alive at once, which nothing can beat.
#ifndef EDGE_INT8_CORE_ENGINE_ARENA_PLANNER_H_
#define EDGE_INT8_CORE_ENGINE_ARENA_PLANNER_H_

#include <cstdint>
#include <vector>

namespace edge_int8::core {

struct ArenaBlock {
  int64_t bytes = 0;
  int32_t first = 0;  // steps of the first and the last use, both included
  int32_t last = 0;
  int64_t offset = 0;  // filled in, a multiple of the cache line
};

// Returns the arena's size.
int64_t PlanArena(std::vector<ArenaBlock>* blocks);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_ARENA_PLANNER_H_
