#include "src/capture/iwl5300_source.h"

#include <cstring>
#include <utility>

#include "src/base/error.h"
#include "src/capture/little_endian.h"

namespace edge_int8 {
namespace {

constexpr uint8_t kFeedback = 0xbb;
constexpr std::size_t kRecordHeader = 20;
constexpr std::size_t kGroups = 30;
constexpr std::size_t kMostAntennas = 3;

constexpr const char* kOtherRecords = "records of other kinds";
constexpr const char* kCutRecords = "records cut off at the end of a file";

// Eight bits that begin at any bit, the lowest of a byte first.
int8_t BitsAt(std::span<const uint8_t> payload, std::size_t bit) {
  const std::size_t byte = bit / 8;
  const uint32_t low = payload[byte];
  const uint32_t high = byte + 1 < payload.size() ? payload[byte + 1] : 0u;
  return static_cast<int8_t>((low | high << 8) >> bit % 8 & 0xff);
}

}  // namespace

Iwl5300Source::Iwl5300Source(std::string where, ByteStream& bytes)
    : where_(std::move(where)), bytes_(&bytes) {}

bool Iwl5300Source::Next(CsiPacket& packet) {
  while (true) {
    unsigned char head[2];
    const std::size_t got =
        bytes_->Read({reinterpret_cast<char*>(head), sizeof head});
    if (got == 0) return false;
    const std::size_t length = static_cast<std::size_t>(head[0]) << 8 | head[1];
    record_.resize(length);
    if (got < sizeof head || bytes_->Read(record_) < length) {
      ++left_out_[kCutRecords];
      return false;
    }
    // Nothing begins a record, so a length of 0 is another file's.
    if (length == 0) {
      FailInput(where_, "a record of no bytes: not a log of the CSI Tool");
    }
    const std::span<const uint8_t> record(
        reinterpret_cast<const uint8_t*>(record_.data()), length);
    if (record[0] != kFeedback) {
      ++left_out_[kOtherRecords];
    } else if (ReadFeedback(record.subspan(1), packet)) {
      return true;
    } else {
      ++left_out_[kMalformed];
    }
  }
}

bool Iwl5300Source::ReadFeedback(std::span<const uint8_t> record,
                                 CsiPacket& packet) {
  if (record.size() < kRecordHeader) return false;
  const std::size_t receivers = record[8];
  const std::size_t senders = record[9];
  if (receivers < 1 || receivers > kMostAntennas || senders < 1 ||
      senders > kMostAntennas) {
    return false;
  }
  const std::size_t pairs = receivers * senders;
  const std::size_t size = (kGroups * (pairs * 16 + 3) + 7) / 8;
  if (LittleEndian(record, 16, 2) != size ||
      record.size() < kRecordHeader + size) {
    return false;
  }
  // Two bits an antenna, where they name each exactly once.
  const uint8_t selection = record[15];
  std::size_t place[kMostAntennas];
  bool taken[kMostAntennas] = {};
  bool permuted = true;
  for (std::size_t r = 0; r < receivers; ++r) {
    place[r] = selection >> 2 * r & 3;
    permuted &= place[r] < receivers && !taken[place[r]];
    if (place[r] < kMostAntennas) taken[place[r]] = true;
  }
  const std::span<const uint8_t> payload = record.subspan(kRecordHeader, size);
  packet.polar = false;
  packet.link = {};
  packet.streams = static_cast<int>(pairs);
  packet.a.resize(pairs * kGroups);
  packet.b.resize(pairs * kGroups);
  std::size_t bit = 0;
  for (std::size_t group = 0; group < kGroups; ++group) {
    bit += 3;
    // Antennas of the sender change fastest.
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      const std::size_t r = pair / senders;
      const std::size_t stream =
          (permuted ? place[r] : r) * senders + pair % senders;
      packet.a[stream * kGroups + group] = BitsAt(payload, bit);
      packet.b[stream * kGroups + group] = BitsAt(payload, bit + 8);
      bit += 16;
    }
  }
  packet.time_ns = clock_.Whole(LittleEndian(record, 0, 4)) * 1000;
  return true;
}

}  // namespace edge_int8
