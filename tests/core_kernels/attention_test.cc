// Attention of every instruction set against the scalar kernel, which
// engine_test.cc holds against the reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
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

  // [place][channels], some heads at a time.
  std::vector<int32_t> Run(const KernelTable& kernels, int32_t heads) const {
    const int32_t places = c_.lines * c_.length;
    const int32_t columns = heads * c_.per_head;
    const int32_t stride = (columns + kPanel - 1) / kPanel * kPanel;
    const auto rows = Size(AttentionRows(c_.length, c_.lines));
    // Exactly what was counted, so that ASan sees a write past it.
    const std::align_val_t line{64};
    const std::unique_ptr<std::byte, void (*)(std::byte*)> scratch(
        static_cast<std::byte*>(
            ::operator new(static_cast<std::size_t>(AttentionScratchBytes(
                               c_.length, c_.lines, c_.per_head)),
                           line)),
        [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
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
    args.output = nullptr;
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
            AttentionCase{5, 9, 16, 2}, AttentionCase{2, 7, 11, 3}}) {
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

}  // namespace
}  // namespace edge_int8::core
