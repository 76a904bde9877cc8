// How often this program has called operator new so far.
#ifndef EDGE_INT8_TESTS_CORE_API_HEAP_CALLS_H_
#define EDGE_INT8_TESTS_CORE_API_HEAP_CALLS_H_

#include <cstdint>

namespace edge_int8 {

int64_t HeapCalls();

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_CORE_API_HEAP_CALLS_H_
