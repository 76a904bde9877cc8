// Counts every operator new of a test program, other threads' included. It
// replaces the program's operators, so exactly one of its files includes this.
#ifndef EDGE_INT8_TESTS_TESTING_ALLOCATION_COUNTER_H_
#define EDGE_INT8_TESTS_TESTING_ALLOCATION_COUNTER_H_

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace edge_int8 {

inline std::atomic<int64_t> allocations{0};

// Null when there is no memory.
inline void* CountedAllocation(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, whole == 0 ? alignment : whole);
}

inline void* CountedOrThrow(std::size_t size, std::size_t alignment) {
  void* const memory = CountedAllocation(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace edge_int8

void* operator new(std::size_t size) {
  return edge_int8::CountedOrThrow(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return edge_int8::CountedOrThrow(size, static_cast<std::size_t>(alignment));
}
// A sanitizer's own, if left, would not match the deletes below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return edge_int8::CountedAllocation(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
// Inlined, GCC 12 takes the free() for a mismatch with the new above.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory,
                                       const std::nothrow_t&) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory,
                                       std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t,
                                       std::align_val_t) noexcept {
  std::free(memory);
}

#endif  // EDGE_INT8_TESTS_TESTING_ALLOCATION_COUNTER_H_
