// Uninitialized bytes at a multiple of 64: an engine's arena.
#ifndef EDGE_INT8_SRC_BASE_ALIGNED_BYTES_H_
#define EDGE_INT8_SRC_BASE_ALIGNED_BYTES_H_

#include <cstddef>
#include <memory>
#include <new>

namespace edge_int8 {

struct FreeAligned {
  void operator()(std::byte* bytes) const {
    ::operator delete[](bytes, std::align_val_t{64});
  }
};
using AlignedBytes = std::unique_ptr<std::byte[], FreeAligned>;

inline AlignedBytes AllocateAligned(std::size_t size) {
  return AlignedBytes(new (std::align_val_t{64}) std::byte[size]);
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_ALIGNED_BYTES_H_
