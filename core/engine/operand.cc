#include "core/engine/operand.h"

#include <algorithm>
#include <cstring>

namespace edge_int8::core {
namespace {

bool RowsTouch(const TensorLayout& layout) {
  return layout.left + layout.right == 0;
}

}  // namespace

WordTable::WordTable(const std::array<int16_t, 256>& values)
    : planes_(2 * values.size() + kSlack) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<uint16_t>(values[i]);
    planes_[i] = static_cast<uint8_t>(value & 255);
    planes_[values.size() + i] = static_cast<uint8_t>(value >> 8);
  }
}

std::array<int16_t, 256> CenteredBytes(const TensorLayout& layout) {
  std::array<int16_t, 256> values = {};
  for (int32_t i = 0; i < 256; ++i) {
    values[static_cast<std::size_t>(i)] = static_cast<int16_t>(i - layout.zero);
  }
  return values;
}

Operand::Operand(int32_t tensor, const TensorLayout& layout,
                 const TensorLayout& out)
    : tensor_(tensor),
      words_(layout.type == Type::kS16),
      zero_(layout.zero),
      pitch_(out.pitch),
      own_pitch_(layout.pitch),
      same_channels_(layout.channels == out.channels),
      same_height_(layout.height == out.height),
      same_width_(layout.width == out.width) {}

Operand::Operand(int32_t tensor, const TensorLayout& layout,
                 const TensorLayout& out,
                 const std::array<int16_t, 256>& values)
    : Operand(tensor, layout, out) {
  table_ = WordTable(values);
}

const int16_t* Operand::Load(const RunContext& context, int32_t h, int32_t w,
                             int32_t places, int16_t* buffer) const {
  const TensorLayout& layout = context.layout(tensor_);
  const std::byte* const from =
      context.data(tensor_) +
      layout.At(same_height_ ? h : 0, same_width_ ? w : 0);
  if (!same_channels_) {
    SpreadPlaces(context, from, places, buffer);
    return buffer;
  }
  if (same_width_) {
    return Values(*context.kernels, from, places * pitch_, buffer);
  }
  Repeat(Values(*context.kernels, from, pitch_, buffer), places, buffer);
  return buffer;
}

const int16_t* Operand::Values(const KernelTable& kernels,
                               const std::byte* from, int32_t count,
                               int16_t* buffer) const {
  if (words_) return reinterpret_cast<const int16_t*>(from);
  const auto* bytes = reinterpret_cast<const uint8_t*>(from);
  if (table_.empty()) {
    kernels.general->center_u8(bytes, zero_, count, buffer);
  } else {
    kernels.general->map_u8_s16(table_.planes(), bytes, count, buffer);
  }
  return buffer;
}

// `place` may be the buffer's own first one. Copies what is there, twice as
// much each time.
void Operand::Repeat(const int16_t* place, int32_t places,
                     int16_t* buffer) const {
  const int64_t count = int64_t{places} * pitch_;
  if (place != buffer) std::copy_n(place, pitch_, buffer);
  for (int64_t done = pitch_; done < count;) {
    const int64_t more = std::min(done, count - done);
    std::copy_n(buffer, more, buffer + done);
    done += more;
  }
}

// One value a place.
void Operand::SpreadPlaces(const RunContext& context, const std::byte* from,
                           int32_t places, int16_t* buffer) const {
  const int64_t step = same_width_ ? own_pitch_ : 0;
  for (int32_t p = 0; p < places; ++p) {
    int16_t value = 0;
    const int16_t* loaded =
        Values(*context.kernels, from + p * step * (words_ ? 2 : 1), 1, &value);
    std::fill_n(buffer + int64_t{p} * pitch_, pitch_, *loaded);
  }
}

PlaceChunks ChunksOf(const std::vector<TensorLayout>& layouts,
                     const std::vector<const Operand*>& operands,
                     const TensorLayout& out, int32_t values) {
  bool whole = RowsTouch(out);
  for (const Operand* operand : operands) {
    const auto tensor = static_cast<std::size_t>(operand->tensor());
    whole &= operand->whole() && RowsTouch(layouts[tensor]);
  }
  PlaceChunks chunks{out.height, out.width, 0};
  if (whole) chunks = {1, out.height * out.width, 0};
  chunks.places = std::clamp(values / out.pitch, 1, chunks.row_places);
  return chunks;
}

}  // namespace edge_int8::core
