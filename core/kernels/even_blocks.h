// Work on many positions in blocks as even as they come: 20 positions of at
// most 6 are four blocks of 5, not three of 6 and one of 2. Internal linkage
// and nothing of the standard library, so that no copy compiled for one
// instruction set is linked into another. Tested by kernels_test.cc.
#ifndef EDGE_INT8_CORE_KERNELS_EVEN_BLOCKS_H_
#define EDGE_INT8_CORE_KERNELS_EVEN_BLOCKS_H_

namespace edge_int8::core {
namespace {

// block(first, count) for all of [0, positions), 0 < count <= most.
template <class Block>
[[gnu::always_inline]] inline void ForEvenBlocks(int positions, int most,
                                                 const Block& block) {
  int first = 0;
  for (int left = (positions + most - 1) / most; left > 0; --left) {
    const int count = (positions - first + left - 1) / left;
    block(first, count);
    first += count;
  }
}

}  // namespace
}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_KERNELS_EVEN_BLOCKS_H_
