// Replaces the program's operator new, and tests that it notices.
#include "tests/broken/largest_allocation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

namespace edge_int8 {
namespace {
std::atomic<std::size_t> largest{0};
}  // namespace

LargestAllocation::LargestAllocation() { largest = 0; }
std::size_t LargestAllocation::bytes() const { return largest; }

namespace {

TEST(LargestAllocation, NoticesOneLargeVector) {
  const LargestAllocation before;
  EXPECT_LT(before.bytes(), 1000000u);
  const std::vector<char> large(1234567);
  EXPECT_EQ(before.bytes(), large.size());
}

}  // namespace
}  // namespace edge_int8

void* operator new(std::size_t size) {
  edge_int8::largest = std::max(edge_int8::largest.load(), size);
  void* const memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
// A sanitizer's own, if left, would not match the deletes below.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  edge_int8::largest = std::max(edge_int8::largest.load(), size);
  return std::malloc(size);
}
// Inlined, GCC 12 takes the free() for a mismatch with the new above.
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
