// Memory aligned to a cache line, whose size never changes.
#ifndef EDGE_INT8_CORE_ENGINE_ALIGNED_BUFFER_H_
#define EDGE_INT8_CORE_ENGINE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

namespace edge_int8::core {

inline constexpr std::size_t kCacheLine = 64;

constexpr int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  // Zeroed, so that nothing ever depends on what was there before.
  explicit AlignedBuffer(std::size_t size)
      : data_(static_cast<std::byte*>(
            ::operator new(size, std::align_val_t{kCacheLine}))),
        size_(size) {
    std::memset(data_.get(), 0, size);
  }

  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const {
      ::operator delete(p, std::align_val_t{kCacheLine});
    }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_ALIGNED_BUFFER_H_
