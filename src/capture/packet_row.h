// What of a packet enters a window: amplitudes, or phase differences of
// neighbouring subcarriers. Tested by import_capture_test.cc.
//
// Between packets only what is linear may be interpolated, and a phase is not:
// it jumps from pi to -pi. So a row of phase differences holds the products
// H[k + 1] * conj(H[k]), whose argument is taken last, by FinishRow.
#ifndef EDGE_INT8_SRC_CAPTURE_PACKET_ROW_H_
#define EDGE_INT8_SRC_CAPTURE_PACKET_ROW_H_

#include <span>
#include <vector>

#include "src/capture/csi_packet.h"

namespace edge_int8 {

enum class CsiValue { kAmplitude, kPhaseDifference };

// Amplitude of each value of the packet, [stream][subcarrier].
void Amplitudes(const CsiPacket& packet, std::vector<float>& amplitudes);

class PacketRow {
 public:
  // `kept`: the subcarriers (of each stream) that are used, ascending.
  PacketRow(CsiValue value, int streams, int subcarriers,
            std::vector<int> kept);

  std::size_t row_values() const;     // of Make
  std::size_t window_values() const;  // of Finish: rows of a window
  // False for a packet without phases, where they are needed.
  bool Make(const CsiPacket& packet, std::span<float> row);
  void Finish(std::span<const float> row, std::span<float> values) const;

 private:
  const CsiValue value_;
  const std::size_t streams_, subcarriers_;
  const std::vector<int> kept_;
  std::vector<float> amplitudes_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_PACKET_ROW_H_
