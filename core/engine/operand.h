// A tensor as elementwise steps read it: int16 values, place by place, repeated
// where an axis of extent 1 meets a longer one. Tested by
// general_engine_test.cc.
#ifndef EDGE_INT8_CORE_ENGINE_OPERAND_H_
#define EDGE_INT8_CORE_ENGINE_OPERAND_H_

#include <array>
#include <cstdint>
#include <vector>

#include "core/engine/step.h"

namespace edge_int8::core {

// 256 int16 values by byte, as the two planes that map_u8_s16 takes; with room
// for kernels that read further.
class WordTable {
 public:
  WordTable() = default;
  explicit WordTable(const std::array<int16_t, 256>& values);
  const uint8_t* planes() const { return planes_.data(); }
  bool empty() const { return planes_.empty(); }

 private:
  std::vector<uint8_t> planes_;
};

// Stored bytes as values: x - x.zero_point.
std::array<int16_t, 256> CenteredBytes(const TensorLayout& layout);

// Places of one row of the output that are worked on at once, and the rows.
struct PlaceChunks {
  int32_t rows = 0;
  int32_t row_places = 0;
  int32_t places = 0;  // of a chunk, at most
};

// Reads a tensor as the shape of another, `out`, into which it broadcasts.
class Operand {
 public:
  Operand() = default;
  // Values are x - x.zero_point.
  Operand(int32_t tensor, const TensorLayout& layout, const TensorLayout& out);
  // A byte's value is its entry.
  Operand(int32_t tensor, const TensorLayout& layout, const TensorLayout& out,
          const std::array<int16_t, 256>& values);

  int32_t tensor() const { return tensor_; }
  // Whether neighbouring rows may be read as one, if the output's may.
  bool whole() const { return same_channels_ && same_height_ && same_width_; }

  // The values of `places` places from (h, w) on, `out`'s pitch apart: either
  // in the tensor itself or in `buffer`, which has room for them. If the output
  // is read as one row (PlaceChunks), h is 0 and w counts all places.
  const int16_t* Load(const RunContext& context, int32_t h, int32_t w,
                      int32_t places, int16_t* buffer) const;

 private:
  const int16_t* Values(const KernelTable& kernels, const std::byte* from,
                        int32_t count, int16_t* buffer) const;
  void Repeat(const int16_t* place, int32_t places, int16_t* buffer) const;
  void SpreadPlaces(const RunContext& context, const std::byte* from,
                    int32_t places, int16_t* buffer) const;

  int32_t tensor_ = 0;
  bool words_ = false;
  int32_t zero_ = 0;
  int32_t pitch_ = 0;      // of the output
  int32_t own_pitch_ = 0;  // of the tensor
  bool same_channels_ = true, same_height_ = true, same_width_ = true;
  WordTable table_;
};

// Chunks of about `values` values of a tensor laid out as `out` and read by
// `operands`: all places as one row if nothing lies between rows.
PlaceChunks ChunksOf(const std::vector<TensorLayout>& layouts,
                     const std::vector<const Operand*>& operands,
                     const TensorLayout& out, int32_t values);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_ENGINE_OPERAND_H_
