#include "src/capture/nexmon_source.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <stdio.h>

#include <cmath>
#include <exception>
#include <utility>

#include "src/base/error.h"
#include "src/capture/little_endian.h"
#include "src/capture/time_text.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kFrameHeader = 18;
constexpr std::size_t kMostSubcarriers = 1024;
constexpr uint32_t kPort = 5500;

constexpr const char* kOtherFrames = "frames that hold no channel state";
constexpr const char* kCutFrames = "captures cut off or damaged at some frame";

struct Chip {
  std::string_view name;
  std::initializer_list<uint32_t> numbers;  // that stand in packets
  NexmonPacking packing;
};

const Chip kChips[] = {
    {"4339", {0x0001, 0x4339}, {}},
    {"43455c0", {0x0065, 0x4345}, {}},
    {"4358", {0x0003, 0x4358}, {9, 5}},
    {"4366c0", {0x006a, 0xe834, 0x4366}, {12, 6}},
};

const NexmonPacking* PackingOf(uint32_t number) {
  for (const Chip& chip : kChips) {
    for (const uint32_t known : chip.numbers) {
      if (known == number) return &chip.packing;
    }
  }
  return nullptr;
}

uint32_t Big(std::span<const uint8_t> bytes, std::size_t at) {
  return static_cast<uint32_t>(bytes[at]) << 8 | bytes[at + 1];
}

// What a UDP packet to nexmon's port carries; empty for any other frame.
std::span<const uint8_t> Datagram(int link_type,
                                  std::span<const uint8_t> frame) {
  std::size_t ip = 0;
  if (link_type == DLT_EN10MB) {
    ip = 14;
    if (frame.size() > 18 && Big(frame, 12) == 0x8100) ip = 18;  // VLAN
  } else if (link_type == DLT_LINUX_SLL) {
    ip = 16;
  } else if (link_type != DLT_RAW) {
    return {};
  }
  if (frame.size() < ip + 20 || frame[ip] >> 4 != 4 || frame[ip + 9] != 17) {
    return {};
  }
  const std::size_t udp = ip + std::size_t{4} * (frame[ip] & 15);
  if (frame.size() < udp + 8 || Big(frame, udp + 2) != kPort) return {};
  const std::size_t length = Big(frame, udp + 4);
  const std::span<const uint8_t> payload = frame.subspan(udp + 8);
  // Longer than what was caught: cut by the capture's limit, so left out.
  if (length < 8 || length - 8 > payload.size()) return payload.first(0);
  return payload.first(length - 8);
}

// `value` = sign * mantissa * 2^exponent, twice.
void UnpackFloat(uint32_t word, const NexmonPacking& packing, float& real,
                 float& imaginary) {
  const int mantissa = packing.mantissa_bits;
  const int exponent_bits = packing.exponent_bits;
  const uint32_t mask = (uint32_t{1} << (mantissa - 1)) - 1;
  int exponent = static_cast<int>(word & ((uint32_t{1} << exponent_bits) - 1));
  if (exponent >= 1 << (exponent_bits - 1)) exponent -= 1 << exponent_bits;
  const auto part = [&](int shift) {
    const auto size = static_cast<float>(word >> shift & mask);
    const bool negative = (word >> (shift + mantissa - 1) & 1) != 0;
    return std::ldexp(negative ? -size : size, exponent);
  };
  real = part(exponent_bits + mantissa);
  imaginary = part(exponent_bits);
}

}  // namespace

NexmonPacking NexmonChip(std::string_view name) {
  for (const Chip& chip : kChips) {
    if (chip.name == name) return chip.packing;
  }
  FailUsage(
      fmt::format("--chip {}: expected 4339, 43455c0, 4358 or 4366c0", name));
}

// libpcap reads a FILE, which is our stream here: bounded and hashed.
struct NexmonSource::Capture {
  ByteStream* bytes = nullptr;
  std::exception_ptr failure;  // of the stream; C can't pass it on
  pcap_t* pcap = nullptr;

  static ssize_t Read(void* self, char* room, size_t size) {
    auto* capture = static_cast<Capture*>(self);
    try {
      return static_cast<ssize_t>(capture->bytes->Read({room, size}));
    } catch (...) {
      capture->failure = std::current_exception();
      return -1;
    }
  }
  ~Capture() {
    if (pcap != nullptr) pcap_close(pcap);  // Closes the FILE too.
  }
};

NexmonSource::NexmonSource(std::string where, ByteStream& bytes,
                           const std::string& chip)
    : where_(std::move(where)), capture_(std::make_unique<Capture>()) {
  if (!chip.empty()) chosen_ = NexmonChip(chip);
  capture_->bytes = &bytes;
  FILE* const file = fopencookie(capture_.get(), "r",
                                 {&Capture::Read, nullptr, nullptr, nullptr});
  Check(file != nullptr, "no stream for a capture");
  char why[PCAP_ERRBUF_SIZE] = {};
  capture_->pcap = pcap_fopen_offline_with_tstamp_precision(
      file, PCAP_TSTAMP_PRECISION_NANO, why);
  if (capture_->pcap == nullptr) {
    fclose(file);
    FailInput(where_,
              fmt::format("is no packet capture (pcap, pcapng): {}", why));
  }
}

NexmonSource::~NexmonSource() = default;

bool NexmonSource::Next(CsiPacket& packet) {
  const int link_type = pcap_datalink(capture_->pcap);
  while (true) {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int got = pcap_next_ex(capture_->pcap, &header, &bytes);
    if (capture_->failure) std::rethrow_exception(capture_->failure);
    if (got != 1) {
      if (got == PCAP_ERROR) ++left_out_[kCutFrames];
      return false;
    }
    const std::span<const uint8_t> datagram =
        Datagram(link_type, {bytes, header->caplen});
    if (datagram.data() == nullptr) {
      ++left_out_[kOtherFrames];
    } else if (ReadDatagram(datagram, packet)) {
      packet.time_ns = static_cast<int64_t>(header->ts.tv_sec) * kSecond +
                       static_cast<int64_t>(header->ts.tv_usec);
      return true;
    }
  }
}

bool NexmonSource::ReadDatagram(std::span<const uint8_t> datagram,
                                CsiPacket& packet) {
  if (datagram.size() < kFrameHeader + 4 ||
      LittleEndian(datagram, 0, 2) != 0x1111 ||
      (datagram.size() - kFrameHeader) % 4 != 0 ||
      datagram.size() > kFrameHeader + 4 * kMostSubcarriers) {
    ++left_out_[kMalformed];
    return false;
  }
  const uint32_t number = LittleEndian(datagram, 16, 2);
  const NexmonPacking* packing = chosen_ ? &*chosen_ : PackingOf(number);
  if (packing == nullptr) {
    ++left_out_["packets of unknown chips (--chip names one)"];
    return false;
  }
  packet.polar = false;
  packet.streams = 1;
  packet.link = {};
  for (std::size_t i = 0; i < 6; ++i) {
    packet.link.sender = packet.link.sender << 8 | datagram[4 + i];
  }
  packet.link.stream = LittleEndian(datagram, 12, 2) & 0x3f;
  const std::size_t count = (datagram.size() - kFrameHeader) / 4;
  packet.a.resize(count);
  packet.b.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const uint32_t word = LittleEndian(datagram, kFrameHeader + 4 * i, 4);
    if (packing->mantissa_bits != 0) {
      UnpackFloat(word, *packing, packet.a[i], packet.b[i]);
    } else {
      packet.a[i] = static_cast<int16_t>(word & 0xffff);
      packet.b[i] = static_cast<int16_t>(word >> 16);
    }
  }
  return true;
}

}  // namespace edge_int8
