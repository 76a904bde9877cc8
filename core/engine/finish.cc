#include "core/engine/finish.h"

#include <algorithm>
#include <cstring>

namespace edge_int8::core {

Finish::Finish(const Activation& activation, Type type)
    : bytes_out_(type != Type::kS16),
      zero_(activation.zero),
      low_(activation.low),
      high_(activation.high) {
  const int32_t stored = type == Type::kS8 ? 128 : 0;  // tensor_layout.h
  const std::vector<int16_t>& table = activation.table;
  if (activation.kind == TableKind::kNone) {
    zero_ += stored;
    low_ += stored;
    high_ += stored;
    if (bytes_out_) {
      for (int32_t i = 0; i < 256; ++i) {
        bytes_.push_back(static_cast<uint8_t>(std::clamp(i, low_, high_)));
      }
    }
  } else if (activation.kind == TableKind::kLookup && table.size() <= 256) {
    kind_ = bytes_out_ ? Kind::kBytes : Kind::kWords;
    zero_ -= activation.low;
    low_ = 0;
    high_ = activation.high - activation.low;
    bytes_.assign(bytes_out_ ? 256 : 512, 0);
    for (std::size_t i = 0; i < table.size(); ++i) {
      const auto value = static_cast<uint16_t>(table[i] + stored);
      bytes_[i] = static_cast<uint8_t>(value & 255);
      if (!bytes_out_) bytes_[256 + i] = static_cast<uint8_t>(value >> 8);
    }
    // byte_table() and word_planes() clamp to the last entry.
    for (std::size_t plane = 0; plane < bytes_.size(); plane += 256) {
      std::fill_n(
          bytes_.begin() + static_cast<std::ptrdiff_t>(plane + table.size()),
          256 - table.size(), bytes_[plane + table.size() - 1]);
    }
  } else {
    kind_ = activation.kind == TableKind::kLookup ? Kind::kWide
                                                  : Kind::kInterpolate;
    table_low_ = activation.low;
    for (const int16_t value : table) {
      words_.push_back(static_cast<int16_t>(value + stored));
    }
    words_.resize(words_.size() + kSlack / sizeof(int16_t));
  }
}

void Finish::Run(const KernelTable& kernels, int16_t* pre, int32_t count,
                 std::byte* out) const {
  auto* bytes = reinterpret_cast<uint8_t*>(out);
  auto* words = reinterpret_cast<int16_t*>(out);
  if (kind_ == Kind::kBytes) {
    kernels.lookup_u8(bytes_.data(), pre, count, bytes);
    return;
  }
  if (kind_ == Kind::kWords) {
    kernels.lookup_s16(bytes_.data(), pre, count, words);
    return;
  }
  if (kind_ == Kind::kWide) {
    kernels.lookup_wide(words_.data(), table_low_, pre, count, pre);
  } else if (kind_ == Kind::kInterpolate) {
    kernels.interpolate(words_.data(), pre, count, pre);
  }
  if (bytes_out_) {
    kernels.narrow_u8(pre, count, bytes);
  } else {
    std::memcpy(out, pre, static_cast<std::size_t>(count) * sizeof(int16_t));
  }
}

}  // namespace edge_int8::core
