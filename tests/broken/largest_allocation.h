// The largest single allocation by operator new since this object was made, in
// any thread: a reader must not believe a size before it has the bytes.
#ifndef EDGE_INT8_TESTS_BROKEN_LARGEST_ALLOCATION_H_
#define EDGE_INT8_TESTS_BROKEN_LARGEST_ALLOCATION_H_

#include <cstddef>

namespace edge_int8 {

class LargestAllocation {
 public:
  LargestAllocation();
  std::size_t bytes() const;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_BROKEN_LARGEST_ALLOCATION_H_
