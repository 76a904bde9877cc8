#include "tests/core_api/heap_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace {

std::atomic<int64_t> calls = 0;

void* Counted(std::size_t size, std::size_t alignment) {
  ++calls;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* p = alignment <= alignof(std::max_align_t)
                ? std::malloc(size)
                : std::aligned_alloc(alignment, rounded);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace

void* operator new(std::size_t size) { return Counted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  std::free(p);
}

namespace edge_int8 {

int64_t HeapCalls() { return calls; }

TEST(HeapCalls, CountsWhatContainersTake) {
  const int64_t before = HeapCalls();
  const std::vector<int> vector(100);
  EXPECT_EQ(HeapCalls(), before + 1);
  struct alignas(64) Line {
    char bytes[64];
  };
  const auto line = std::make_unique<Line>();
  EXPECT_EQ(HeapCalls(), before + 2);
}

}  // namespace edge_int8
