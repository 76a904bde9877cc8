#include "src/capture/value_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "src/base/error.h"
#include "src/capture/byte_stream.h"

namespace edge_int8 {
namespace {

constexpr std::size_t kBins = std::size_t{1} << 16;
constexpr double kShare = 0.99;
constexpr std::size_t kScalePiece = std::size_t{1} << 18;  // values

// The values of a .npy file written by NpyStream, in pieces.
template <typename Use>
void ForEachPiece(const std::filesystem::path& file, const Use& use) {
  FileStream bytes(file, false);
  char start[10];  // magic, version, length of the rest
  bytes.Read(start);
  uint16_t length = 0;
  std::memcpy(&length, start + 8, sizeof length);
  std::vector<char> header(length);
  bytes.Read(header);
  std::vector<float> piece(kScalePiece);
  while (true) {
    const std::size_t got = bytes.Read({reinterpret_cast<char*>(piece.data()),
                                        piece.size() * sizeof(float)}) /
                            sizeof(float);
    if (got == 0) return;
    use(std::span<const float>(piece).first(got));
  }
}

}  // namespace

ScaleChoice ParseScale(const std::string& text) {
  if (text == "p99") return {ScaleChoice::Kind::kP99, 1};
  if (text == "max") return {ScaleChoice::Kind::kMax, 1};
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end || !(number > 0) ||
      !std::isfinite(number)) {
    FailUsage(
        fmt::format("--scale {}: expected p99, max or a number above 0", text));
  }
  return {ScaleChoice::Kind::kNumber, number};
}

SizeRanks::SizeRanks() : bins_(kBins) {}

void SizeRanks::Add(std::span<const float> values) {
  for (const float value : values) {
    const float size = std::abs(value);
    if (!(size < INFINITY)) continue;
    ++bins_[std::bit_cast<uint32_t>(size) >> 16];
    largest_ = std::max(largest_, size);
    ++count_;
  }
}

void SizeRanks::Seek(int64_t first) {
  sought_.clear();
  for (const int64_t rank : {first, std::min(first + 1, count_ - 1)}) {
    int64_t before = 0;
    uint32_t upper = 0;
    while (before + bins_[upper] <= rank) before += bins_[upper++];
    if (!sought_.empty() && sought_.back().upper == upper) continue;
    sought_.push_back({before, upper, std::vector<int64_t>(kBins)});
  }
}

void SizeRanks::AddAgain(std::span<const float> values) {
  for (const float value : values) {
    const auto bits = std::bit_cast<uint32_t>(std::abs(value));
    for (Bin& bin : sought_) {
      if (bits >> 16 == bin.upper) ++bin.lower[bits & 0xffff];
    }
  }
}

float SizeRanks::Found(int64_t rank) const {
  rank = std::min(rank, count_ - 1);
  const Bin& bin =
      sought_.back().first_rank <= rank ? sought_.back() : sought_.front();
  int64_t before = bin.first_rank;
  uint32_t lower = 0;
  while (lower + 1 < kBins && before + bin.lower[lower] <= rank) {
    before += bin.lower[lower++];
  }
  return std::bit_cast<float>(bin.upper << 16 | lower);
}

double FindScale(const ScaleChoice& choice, SizeRanks& ranks,
                 const std::filesystem::path& file) {
  double size = 1;
  switch (choice.kind) {
    case ScaleChoice::Kind::kNone:
      return 1;
    case ScaleChoice::Kind::kNumber:
      return choice.number;
    case ScaleChoice::Kind::kMax:
      size = ranks.largest();
      break;
    case ScaleChoice::Kind::kP99: {
      if (ranks.count() == 0) return 1;
      const double rank = kShare * static_cast<double>(ranks.count() - 1);
      const auto below = static_cast<int64_t>(rank);
      ranks.Seek(below);
      ForEachPiece(
          file, [&](std::span<const float> piece) { ranks.AddAgain(piece); });
      const double low = ranks.Found(below);
      size = low + (rank - static_cast<double>(below)) *
                       (static_cast<double>(ranks.Found(below + 1)) - low);
      break;
    }
  }
  return size > 0 ? 1 / size : 1;
}

}  // namespace edge_int8
