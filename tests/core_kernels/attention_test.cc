// Attention of every instruction set against the scalar kernel, which
// engine_test.cc holds against the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "core/kernels/kernels.h"
#include "tests/core_kernels/random_values.h"

namespace edge_int8::core {
namespace {

enum class Form { kPlain, kLimited, kFloat };

struct AttentionCase {
  int32_t lines, length, per_head, heads;
};

// Random arguments of one attention. Tables begin with 2^15, never pass it and
// are 0 from entry `end` of the coarse one on.
class AttentionData {
 public:
  AttentionData(const AttentionCase& c, Form form, int32_t end, Rng* rng)
      : c_(c), channels_(c.per_head * c.heads) {
    Random<int32_t> words(rng);
    qkv_ = Random<uint8_t>(rng).Values(Size(c.lines * c.length * 3 * channels_),
                                       1, 255);
    tables_ = Random<uint16_t>(rng).Values(512, 0, 1 << 15);
    std::fill(tables_.begin() + end, tables_.begin() + 256, uint16_t{0});
    tables_[0] = tables_[256] = 1 << 15;
    mantissa_ = words.Values(Size(c.heads), 1 << 30, 0x7fffffff);
    ones_.assign(Size(c.heads) + kRoom, 1);
    limit_ = words.Values(Size(c.heads), 1000, 100000);
    left_ = words.Values(Size(c.heads), 0, 4);
    bias_ = words.Values(Size(channels_), -99, 99);
    form_ = form;
    if (form != Form::kFloat) return;
    for (int32_t& m : mantissa_) {  // as ChannelScales does
      m = (m & ~255) | 128;
      real_.push_back(std::ldexp(static_cast<float>(m), -33));
    }
  }

  void MakeKeysEqual() {
    for (int32_t p = 0; p < c_.lines * c_.length; ++p) {
      std::fill_n(qkv_.begin() + p * 3 * channels_ + channels_, channels_,
                  uint8_t{99});
    }
  }

  // The tables that lowering makes, but for one entry of the fine one.
  void MakeExponentials(int32_t odd_entry) {
    for (int32_t i = 0; i < 256; ++i) {
      const auto table = [](double x) {
        return static_cast<uint16_t>(std::lround(32768 * std::exp(-x)));
      };
      tables_[Size(i)] = table(i / 16.0);
      tables_[Size(256 + i)] = table(i / 4096.0);
    }
    --tables_[Size(256 + odd_entry)];
  }

  // [place][channels] as stored by the kernel itself, with guards around each
  // place, and what that should be.
  struct Stored {
    std::vector<std::byte> out, expected;
  };
  Stored Store(const KernelTable& kernels, bool words, Rng* rng) const {
    const int32_t places = c_.lines * c_.length;
    const int32_t bytes = words ? 2 : 1;
    const int32_t pitch = (channels_ + 3) * bytes;
    Random<int32_t> random(rng);
    const auto size = Size(channels_);
    auto mantissa = random.Values(size, 1 << 30, 0x7fffffff);
    // Sums have up to 23 bits or so.
    const auto shift = random.Values(size, words ? 6 : 13, words ? 8 : 15);
    std::vector<int32_t> add, add_zero;
    std::vector<float> real;
    constexpr int32_t kStoredZero = 77;
    for (std::size_t i = 0; i < mantissa.size(); ++i) {
      if (form_ == Form::kFloat) mantissa[i] = (mantissa[i] & ~255) | 128;
      real.push_back(
          std::ldexp(static_cast<float>(mantissa[i]), -32 - shift[i]));
      add.push_back(1 << (shift[i] - 1));
      add_zero.push_back(add.back() + (kStoredZero << shift[i]));
    }
    ScaleRow row = {mantissa.data(), mantissa.data() + 1,
                    add.data(),      shift.data(),
                    nullptr,         nullptr};
    const int32_t low = words ? -30000 : 5;
    const int32_t high = words ? 29000 : 250;
    Stored stored;
    stored.out.assign(Size(places * pitch), std::byte{kGuard});
    stored.expected = stored.out;
    const std::vector<int32_t> acc = Run(*FindKernels(Isa::kScalar), c_.heads);
    for (int32_t p = 0; p < places; ++p) {
      for (int32_t c = 0; c < channels_; ++c) {
        const int64_t product =
            int64_t{acc[Size(p * channels_ + c)]} * mantissa[Size(c)];
        const int64_t value =
            ((product >> 32) + add[Size(c)]) >> shift[Size(c)];
        const auto kept = static_cast<int16_t>(
            std::clamp<int64_t>(value + kStoredZero, low, high));
        std::memcpy(&stored.expected[Size(p * pitch + c * bytes)], &kept,
                    Size(bytes));
      }
    }
    row.add = add_zero.data();
    if (form_ == Form::kFloat) {
      row.real = real.data();
      row.real_add = kRealAdd + kStoredZero;
    }
    const AttentionOutput output = {
        row,  low, high, words, stored.out.data(), int64_t{c_.length} * pitch,
        pitch};
    const std::unique_ptr<std::byte, void (*)(std::byte*)> scratch =
        Scratch(kernels, c_.heads);
    AttentionArgs args = Args(nullptr, 0, scratch.get());
    args.first_head = 0;
    args.heads = c_.heads;
    args.output = &output;
    kernels.attention(args);
    return stored;
  }

  // [place][channels], some heads at a time.
  std::vector<int32_t> Run(const KernelTable& kernels, int32_t heads) const {
    const int32_t places = c_.lines * c_.length;
    const int32_t columns = heads * c_.per_head;
    const int32_t stride = (columns + kPanel - 1) / kPanel * kPanel;
    const auto rows = Size(AttentionRows(c_.length, c_.lines));
    const std::unique_ptr<std::byte, void (*)(std::byte*)> scratch =
        Scratch(kernels, heads);
    std::vector<int32_t> kept(Size(places * channels_));
    for (int32_t head = 0; head < c_.heads; head += heads) {
      std::vector<int32_t> acc(rows * Size(stride));
      AttentionArgs args = Args(acc.data(), stride, scratch.get());
      args.first_head = head;
      args.heads = heads;
      kernels.attention(args);
      for (int32_t i = 0; i < places; ++i) {
        std::copy_n(acc.begin() + i * stride, columns,
                    kept.begin() + i * channels_ + head * c_.per_head);
      }
    }
    return kept;
  }

 private:
  static std::size_t Size(int32_t n) { return static_cast<std::size_t>(n); }

  // Exactly what was counted, so that ASan sees a write past it.
  std::unique_ptr<std::byte, void (*)(std::byte*)> Scratch(
      const KernelTable& kernels, int32_t heads) const {
    const auto bytes = static_cast<std::size_t>(
        kernels.attention_scratch(c_.length, c_.lines, c_.per_head, heads));
    return {
        static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})),
        [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); }};
  }

  AttentionArgs Args(int32_t* acc, int32_t stride, std::byte* scratch) const {
    AttentionArgs args = {};
    args.qkv = qkv_.data();
    args.line_pitch = int64_t{c_.length} * 3 * channels_;
    args.place_pitch = 3 * channels_;
    args.lines = c_.lines;
    args.length = c_.length;
    args.channels = channels_;
    args.per_head = c_.per_head;
    args.logit = {mantissa_.data(),
                  mantissa_.data() + 1,
                  ones_.data(),
                  ones_.data(),
                  form_ == Form::kLimited ? limit_.data() : nullptr,
                  form_ == Form::kLimited ? left_.data() : nullptr,
                  form_ == Form::kFloat ? real_.data() : nullptr};
    args.coarse = tables_.data();
    args.fine = tables_.data() + 256;
    args.bias = bias_.data();
    args.acc = acc;
    args.acc_stride = stride;
    args.scratch = scratch;
    return args;
  }

  AttentionCase c_;
  int32_t channels_;
  Form form_;
  std::vector<float> real_;
  std::vector<uint8_t> qkv_;
  std::vector<uint16_t> tables_;
  std::vector<int32_t> mantissa_, ones_, limit_, left_, bias_;
};

// Of any tables, not only exponentials.
TEST(Attention, EqualsScalarOnEveryIsa) {
  Rng rng(7);
  const KernelTable& scalar = *FindKernels(Isa::kScalar);
  for (const Form form : {Form::kPlain, Form::kLimited, Form::kFloat}) {
    for (const int32_t end : {80, 160, 256}) {
      for (const AttentionCase& c :
           {AttentionCase{3, 20, 8, 4}, AttentionCase{4, 15, 8, 1},
            AttentionCase{1, 1, 4, 3}, AttentionCase{2, 33, 5, 2},
            AttentionCase{5, 9, 16, 2}, AttentionCase{2, 7, 11, 3},
            AttentionCase{1, 129, 8, 1}, AttentionCase{1, 256, 8, 1},
            AttentionCase{3, 20, 8, 6}, AttentionCase{2, 5, 40, 2}}) {
        const AttentionData data(c, form, end, &rng);
        const std::vector<int32_t> expected = data.Run(scalar, c.heads);
        for (const Isa isa : AvailableIsas()) {
          for (const int32_t heads : {c.heads, 1}) {
            ASSERT_EQ(data.Run(*FindKernels(isa), heads), expected)
                << IsaName(isa) << ", length " << c.length << ", " << heads
                << " of " << c.heads << " heads of " << c.per_head
                << ", coarse table ends at " << end;
          }
        }
      }
    }
  }
}

// A kernel may know lowering's exponentials, but not take others for them.
TEST(Attention, OfNearlyExponentialsLooksThemUp) {
  Rng rng(10);
  const AttentionCase c = {3, 20, 8, 4};
  for (const int32_t odd_entry : {1, 14, 15, 16, 100, 254, 255}) {
    AttentionData data(c, Form::kFloat, 256, &rng);
    data.MakeExponentials(odd_entry);
    const std::vector<int32_t> expected =
        data.Run(*FindKernels(Isa::kScalar), c.heads);
    for (const Isa isa : AvailableIsas()) {
      EXPECT_EQ(data.Run(*FindKernels(isa), c.heads), expected)
          << IsaName(isa) << ", entry " << odd_entry;
    }
  }
}

// Equal keys: every exponential is 2^15 and the dividend of the reciprocal
// needs all 32 bits.
TEST(Attention, OfEqualKeysSharesOutEqually) {
  Rng rng(8);
  for (const int32_t length : {1, 15, 20, 255, 256}) {
    AttentionData data({1, length, 8, 1}, Form::kFloat, 256, &rng);
    data.MakeKeysEqual();
    const std::vector<int32_t> expected =
        data.Run(*FindKernels(Isa::kScalar), 1);
    for (const Isa isa : AvailableIsas()) {
      EXPECT_EQ(data.Run(*FindKernels(isa), 1), expected)
          << IsaName(isa) << ", length " << length;
    }
  }
}

TEST(Attention, StoresWhatItsSumsRequantizeTo) {
  Rng rng(9);
  int stored = 0;
  for (const Isa isa : AvailableIsas()) {
    const KernelTable& kernels = *FindKernels(isa);
    if (!kernels.attention_stores) continue;
    ++stored;
    for (const Form form : {Form::kPlain, Form::kFloat}) {
      for (const AttentionCase& c :
           {AttentionCase{3, 20, 8, 4}, AttentionCase{4, 15, 8, 1},
            AttentionCase{1, 1, 8, 3}, AttentionCase{2, 33, 16, 2},
            AttentionCase{5, 16, 24, 2}, AttentionCase{2, 17, 8, 3},
            AttentionCase{2, 35, 8, 5}, AttentionCase{3, 2, 32, 2}}) {
        for (const bool words : {false, true}) {
          const AttentionData data(c, form, 160, &rng);
          const AttentionData::Stored s = data.Store(kernels, words, &rng);
          ASSERT_EQ(s.out, s.expected)
              << IsaName(isa) << ", length " << c.length << ", heads of "
              << c.per_head << (words ? ", words" : ", bytes");
        }
      }
    }
  }
  if (stored == 0) GTEST_SKIP() << "no table of this machine stores";
}

}  // namespace
}  // namespace edge_int8::core
