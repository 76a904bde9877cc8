// Places buffers with known lifetimes in as little memory as first fit finds,
// so that a window's activations stay in cache. Tested by float_arena_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_FLOAT_ARENA_H_
#define EDGE_INT8_SRC_GRAPH_FLOAT_ARENA_H_

#include <cstdint>
#include <vector>

namespace edge_int8 {

struct ArenaBuffer {
  int64_t size = 0;
  int first_step = 0;
  int last_step = 0;  // inclusive: a step's inputs and outputs never overlap
};

struct ArenaLayout {
  std::vector<int64_t> begin;  // by buffer, each >= reserved
  int64_t size = 0;
};

// The first `reserved` places stay free. Sizes are taken as they are: a caller
// who wants alignment passes multiples of it.
ArenaLayout PlaceInArena(const std::vector<ArenaBuffer>& buffers,
                         int64_t reserved);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FLOAT_ARENA_H_
