#include "train/commands/heap.h"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace edge_int8::train {

void KeepFreedMemory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // The threads of a step's micro-batches come and go: with heaps of their own
  // every step gave its pages back (12% of the time of `full` on one core).
  mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace edge_int8::train
