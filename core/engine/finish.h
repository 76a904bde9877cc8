// From pre-activation values to what a tensor stores: narrowing or a table. The
// kernels that clamp (requantize, sum_s16) are told zero, low and high here so
// that their result is already the table's index. Tested by finish_test.cc
// against Activate().
#ifndef EDGE_INT8_CORE_ENGINE_FINISH_H_
#define EDGE_INT8_CORE_ENGINE_FINISH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/kernels/kernel_table.h"

namespace edge_int8::core {

class Finish {
 public:
  Finish() = default;
  // low and high of `activation` must be int16; `type` is kU8, kS8 or kS16.
  Finish(const Activation& activation, Type type);

  int32_t zero() const { return zero_; }
  int32_t low() const { return low_; }
  int32_t high() const { return high_; }

  // Whether clamp(value + zero(), low(), high()) is stored as it is.
  bool plain() const { return kind_ == Kind::kStore; }
  bool bytes() const { return bytes_out_; }
  // table[clamp(value + zero(), 0, 255)] is what is stored; null where that is
  // not a byte, or takes more than 256 entries.
  const uint8_t* byte_table() const {
    return bytes_out_ && !bytes_.empty() ? bytes_.data() : nullptr;
  }

  // The same as int16 in two planes, 256 low bytes and 256 high ones; null
  // where it isn't so.
  const uint8_t* word_planes() const {
    return kind_ == Kind::kWords ? bytes_.data() : nullptr;
  }

  // Values already clamped to [low, high] become stored values. May overwrite
  // `pre`.
  void Run(const KernelTable& kernels, int16_t* pre, int32_t count,
           std::byte* out) const;

 private:
  enum class Kind : uint8_t { kStore, kBytes, kWords, kWide, kInterpolate };

  Kind kind_ = Kind::kStore;
  bool bytes_out_ = true;
  int32_t zero_ = 0, low_ = 0, high_ = 255;
  int32_t table_low_ = 0;  // kWide
  // kBytes and a kStore of bytes: 256 entries; kWords: 2 planes.
  std::vector<uint8_t> bytes_;
  std::vector<int16_t> words_;  // kWide, kInterpolate, with room to gather
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_FINISH_H_
