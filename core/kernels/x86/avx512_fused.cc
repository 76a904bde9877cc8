// Products whose accumulators end without leaving the registers (VBMI). Tested
// by gemm_fused_test.cc and, in whole networks, by engine_test.cc.
#include "core/kernels/x86/avx512_block.h"
#include "core/kernels/x86/avx512_ending.h"
#include "core/kernels/x86/avx512_kernels.h"
#include "core/kernels/x86/avx512_scale.h"

namespace edge_int8::core {
namespace {

template <class Type, GemmEnd kEnd, Scaling kScaling, int kPositions,
          int kPanels>
[[gnu::always_inline]] inline void Block(const GemmFusedArgs& a,
                                         int first_position, int first_column) {
  __m512i acc[kPositions][kPanels];
  MultiplyBlock<Type>(a.gemm, first_position, first_column, acc);
  const Ending<kEnd, kScaling, kPanels> end(a, first_position, first_column);
  const Scale16<kScaling> first(a.row, first_column);
  const Scale16<kScaling> second(a.row,
                                 first_column + (kPanels == 2 ? kPanel : 0));
  constexpr int kLast = kPositions - 1;
  if constexpr (kPanels == 2) {
#pragma GCC unroll 5
    for (int p = 0; p < kPositions; p += 2) {
      const int q = p < kLast ? p + 1 : kLast;
      end({p, p, q, q},
          Int16<kScaling>::Pack(first(acc[p][0]), second(acc[p][1])),
          Int16<kScaling>::Pack(first(acc[q][0]), second(acc[q][1])));
    }
  } else {
#pragma GCC unroll 3
    for (int p = 0; p < kPositions; p += 4) {
      const int q[4] = {p, p + 1 < kLast ? p + 1 : kLast,
                        p + 2 < kLast ? p + 2 : kLast,
                        p + 3 < kLast ? p + 3 : kLast};
      end({q[0], q[1], q[2], q[3]},
          Int16<kScaling>::Pack(first(acc[q[0]][0]), first(acc[q[1]][0])),
          Int16<kScaling>::Pack(first(acc[q[2]][0]), first(acc[q[3]][0])));
    }
  }
}

// `count` blocks, one after the other.
template <class Type, GemmEnd kEnd, Scaling kScaling, int kPositions,
          int kPanels>
void Blocks(const GemmFusedArgs& a, int count, int first_position,
            int first_column) {
  for (int n = 0; n < count; ++n) {
    Block<Type, kEnd, kScaling, kPositions, kPanels>(
        a, first_position + n * kPositions, first_column);
  }
}

using BlockFunction = void (*)(const GemmFusedArgs&, int, int, int);

template <class Type, GemmEnd kEnd, Scaling kScaling, int kPanels>
constexpr BlockFunction kBlocks[kMaxPositions + 1] = {
    nullptr,
    Blocks<Type, kEnd, kScaling, 1, kPanels>,
    Blocks<Type, kEnd, kScaling, 2, kPanels>,
    Blocks<Type, kEnd, kScaling, 3, kPanels>,
    Blocks<Type, kEnd, kScaling, 4, kPanels>,
    Blocks<Type, kEnd, kScaling, 5, kPanels>,
    Blocks<Type, kEnd, kScaling, 6, kPanels>,
    Blocks<Type, kEnd, kScaling, 7, kPanels>,
    Blocks<Type, kEnd, kScaling, 8, kPanels>,
    Blocks<Type, kEnd, kScaling, 9, kPanels>,
    Blocks<Type, kEnd, kScaling, 10, kPanels>,
};

template <class Type, GemmEnd kEnd>
void Gemm(const GemmFusedArgs& a) {
  const auto run = [&]<Scaling kScaling>() {
    ForEachBlock(
        a.gemm, [&](int positions, int panels, int count, int p, int c) {
          (panels == 2
               ? kBlocks<Type, kEnd, kScaling, 2>
               : kBlocks<Type, kEnd, kScaling, 1>)[positions](a, count, p, c);
        });
  };
  // What ends as 16 bits, or has a term of 16, hardly ever fits.
  if constexpr (kEnd != GemmEnd::kWords && kEnd != GemmEnd::kSum) {
    if (a.row.real != nullptr && a.row.real_int16) {
      return run.template operator()<Scaling::kRealInt16>();
    }
  }
  WithScaling(a.row, run);
}

template <class Type>
void GemmOf(const GemmFusedArgs& a) {
  switch (a.end) {
    case GemmEnd::kBytes:
      return Gemm<Type, GemmEnd::kBytes>(a);
    case GemmEnd::kByteTable:
      return Gemm<Type, GemmEnd::kByteTable>(a);
    case GemmEnd::kWords:
      return Gemm<Type, GemmEnd::kWords>(a);
    case GemmEnd::kWordTable:
      return Gemm<Type, GemmEnd::kWordTable>(a);
    case GemmEnd::kSum:
      return Gemm<Type, GemmEnd::kSum>(a);
  }
}

}  // namespace

void GemmFusedVbmi(const GemmFusedArgs& a) {
  if (a.words_in) {
    GemmOf<Words>(a);
  } else {
    GemmOf<Bytes>(a);
  }
}

}  // namespace edge_int8::core
