#include "src/capture/packet_row.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {

void Amplitudes(const CsiPacket& packet, std::vector<float>& amplitudes) {
  if (packet.polar) {
    amplitudes = packet.a;
    return;
  }
  amplitudes.resize(packet.a.size());
  for (std::size_t i = 0; i < amplitudes.size(); ++i) {
    amplitudes[i] =
        std::sqrt(packet.a[i] * packet.a[i] + packet.b[i] * packet.b[i]);
  }
}

PacketRow::PacketRow(CsiValue value, int streams, int subcarriers,
                     std::vector<int> kept)
    : value_(value),
      streams_(static_cast<std::size_t>(streams)),
      subcarriers_(static_cast<std::size_t>(subcarriers)),
      kept_(std::move(kept)) {}

std::size_t PacketRow::row_values() const {
  return window_values() * (value_ == CsiValue::kAmplitude ? 1 : 2);
}

std::size_t PacketRow::window_values() const {
  return streams_ * (kept_.size() - (value_ == CsiValue::kAmplitude ? 0 : 1));
}

bool PacketRow::Make(const CsiPacket& packet, std::span<float> row) {
  Check(packet.a.size() == streams_ * subcarriers_,
        "a packet of another width");
  if (value_ == CsiValue::kAmplitude) {
    Amplitudes(packet, amplitudes_);
    float* out = row.data();
    for (std::size_t stream = 0; stream < streams_; ++stream) {
      const float* in = amplitudes_.data() + stream * subcarriers_;
      for (const int k : kept_) *out++ = in[k];
    }
    return true;
  }
  if (packet.polar && packet.b.empty()) return false;
  const auto value_at = [&packet](std::size_t i) {
    return packet.polar ? std::polar(packet.a[i], packet.b[i])
                        : std::complex<float>(packet.a[i], packet.b[i]);
  };
  float* out = row.data();
  for (std::size_t stream = 0; stream < streams_; ++stream) {
    const std::size_t first = stream * subcarriers_;
    for (std::size_t i = 1; i < kept_.size(); ++i) {
      const auto product =
          value_at(first + static_cast<std::size_t>(kept_[i])) *
          std::conj(value_at(first + static_cast<std::size_t>(kept_[i - 1])));
      *out++ = product.real();
      *out++ = product.imag();
    }
  }
  return true;
}

void PacketRow::Finish(std::span<const float> row,
                       std::span<float> values) const {
  if (value_ == CsiValue::kAmplitude) {
    std::ranges::copy(row, values.begin());
    return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::atan2(row[2 * i + 1], row[2 * i]);
  }
}

}  // namespace edge_int8
