// What follows the products, at the real sizes of `half`, on every instruction
// set of this machine: requantizing, sums, tables, Winograd's transforms, the
// input's transpose, attention. Each answer is first compared with the scalar
// kernel's. items_per_second counts values.
#include <benchmark/benchmark.h>

#include <functional>

#include "core/engine/aligned_buffer.h"
#include "core/engine/channel_scales.h"
#include "core/kernels/kernels.h"
#include "core/kernels/scalar/scalar_kernels.h"
#include "tests/core_engine/random_graph.h"

namespace edge_int8::core {
namespace {

constexpr int32_t kPlaces = 20;
constexpr int32_t kChannels = 272;  // tcn.network.0, padded
constexpr int32_t kCount = kPlaces * kChannels;
constexpr int32_t kInputChannels = 540;
constexpr int32_t kTiles = 10;  // a row of the decoder's
constexpr int32_t kHeads = 4, kQueryChannels = 32;

template <class T>
std::vector<T> Random(std::size_t n, int64_t low, int64_t high) {
  Rng rng(n);
  std::vector<T> values(n + kSlack);
  for (T& v : values) {
    v = static_cast<T>(low + static_cast<int64_t>(rng.Below(
                                 static_cast<uint64_t>(high - low + 1))));
  }
  return values;
}

// Inputs of every primitive; outputs land in `out`.
struct Data {
  std::vector<int32_t> acc = Random<int32_t>(kCount, -9000000, 9000000);
  std::vector<int16_t> bytes = Random<int16_t>(kCount, 0, 255);
  std::vector<int16_t> a = Random<int16_t>(kCount, -32768, 32767);
  std::vector<int16_t> b = Random<int16_t>(kCount + 1, -32768, 32767);
  std::vector<int16_t> twelve = Random<int16_t>(kCount, 0, 4095);
  std::vector<int16_t> table = Random<int16_t>(4097, -32768, 32767);
  std::vector<uint8_t> planes = Random<uint8_t>(512, 0, 255);
  std::vector<uint8_t> input =
      Random<uint8_t>(kInputChannels * kPlaces, 0, 255);
  std::vector<uint8_t> qkv = Random<uint8_t>(300 * 96, 1, 255);
  std::vector<int32_t> bias = Random<int32_t>(kQueryChannels, -9999, 9999);
  // With 24 significant bits, as lowering makes them.
  static constexpr Multiplier kScale = {1500000128, 46};
  static constexpr Multiplier kLogit = {1500000128, 32};
  ChannelScales integers{std::vector<Multiplier>(kChannels, kScale), kChannels};
  ChannelScales floats{std::vector<Multiplier>(kChannels, kScale), kChannels, 0,
                       ChannelScales::HowInFloat({kScale}, {9000000})};
  ChannelScales logit{
      std::vector<Multiplier>(kHeads, kLogit), kHeads, 0,
      ChannelScales::HowInFloat({kLogit}, {(kQueryChannels / kHeads) << 15})};
  std::vector<uint16_t> exps;
  AlignedBuffer scratch{AttentionScratch()};
  // Ten tiles of 32 channels in rows of 22 places, and of 16 columns.
  std::vector<int32_t> tile_inputs, tile_outputs;
  AlignedBuffer tiles = AlignedWords(4 * 22 * 32);
  AlignedBuffer products = AlignedWords(2 * 16 * kTiles * 16);
  AlignedBuffer out{131072};

  // The most that Attention() needs on any instruction set.
  static std::size_t AttentionScratch() {
    int64_t bytes = 0;
    for (const Isa isa : AvailableIsas()) {
      bytes = std::max(bytes, FindKernels(isa)->attention_scratch(
                                  20, 4, kQueryChannels / kHeads, kHeads));
    }
    return static_cast<std::size_t>(bytes);
  }

  Data() {
    const ExpTables tables = TestExpTables();
    exps.assign(tables.coarse.begin(), tables.coarse.end());
    exps.insert(exps.end(), tables.fine.begin(), tables.fine.end());
    exps.resize(exps.size() + kSlack);
    for (int32_t t = 0; t < kTiles; ++t) {
      tile_inputs.push_back(2 * t * 32 * 2);
      tile_outputs.push_back(2 * t * 16);
    }
  }
  // Random ones.
  static AlignedBuffer AlignedWords(std::size_t n) {
    const std::vector<int16_t> values = Random<int16_t>(n, -32768, 32767);
    AlignedBuffer aligned(n * sizeof(int16_t));
    std::memcpy(aligned.data(), values.data(), aligned.size());
    return aligned;
  }
  int32_t* dwords() { return reinterpret_cast<int32_t*>(out.data()); }
  int16_t* words() { return reinterpret_cast<int16_t*>(out.data()); }
  uint8_t* octets() { return reinterpret_cast<uint8_t*>(out.data()); }

  // Lines of 20 along the width, or lines of 15 along the height, of the
  // [96][15][20] tensor.
  void Attention(const KernelTable& k, bool width) {
    AttentionArgs args;
    args.qkv = qkv.data();
    args.line_pitch = width ? 20 * 96 : 96;
    args.place_pitch = width ? 96 : 20 * 96;
    args.lines = width ? 3 : 4;
    args.length = width ? 20 : 15;
    args.channels = kQueryChannels;
    args.per_head = kQueryChannels / kHeads;
    args.first_head = 0;
    args.heads = kHeads;
    args.logit = logit.row();
    args.coarse = exps.data();
    args.fine = exps.data() + 256;
    args.bias = bias.data();
    args.acc = dwords();
    args.acc_stride = kQueryChannels;
    args.scratch = scratch.data();
    k.attention(args);
  }
};

struct Primitive {
  const char* name;
  int64_t values;  // that are written and compared, of `bytes` each
  int64_t bytes;
  std::function<void(const KernelTable&, Data&)> run;
};

const Primitive kPrimitives[] = {
    {"requantize", kCount, 2,
     [](const KernelTable& k, Data& d) {
       k.requantize({d.acc.data(), kCount, kChannels, d.integers.row(), 128, 0,
                     255, d.words()});
     }},
    {"requantize_floats", kCount, 2,
     [](const KernelTable& k, Data& d) {
       k.requantize({d.acc.data(), kCount, kChannels, d.floats.row(), 128, 0,
                     255, d.words()});
     }},
    {"sum_s16", kCount, 2,
     [](const KernelTable& k, Data& d) {
       k.sum_s16({d.a.data(), d.b.data(), kCount, 7, 128, 0, 255, d.words()});
     }},
    {"narrow_u8", kCount, 1,
     [](const KernelTable& k, Data& d) {
       k.narrow_u8(d.bytes.data(), kCount, d.octets());
     }},
    {"lookup_u8", kCount, 1,
     [](const KernelTable& k, Data& d) {
       k.lookup_u8(d.planes.data(), d.bytes.data(), kCount, d.octets());
     }},
    {"lookup_s16", kCount, 2,
     [](const KernelTable& k, Data& d) {
       k.lookup_s16(d.planes.data(), d.bytes.data(), kCount, d.words());
     }},
    {"lookup_wide", kCount, 2,
     [](const KernelTable& k, Data& d) {
       k.lookup_wide(d.table.data(), 0, d.twelve.data(), kCount, d.words());
     }},
    {"interpolate", 600, 2,
     [](const KernelTable& k, Data& d) {
       k.interpolate(d.table.data(), d.a.data(), 600, d.words());
     }},
    {"winograd_input", 16 * kTiles * 32, 2,
     [](const KernelTable& k, Data& d) {
       k.winograd_input({d.tiles.data(), d.tile_inputs.data(), kTiles, 22 * 64,
                         64, 32, d.words()});
     }},
    {"winograd_output", 4 * kTiles * 16, 4,
     [](const KernelTable& k, Data& d) {
       k.winograd_output({reinterpret_cast<const int32_t*>(d.products.data()),
                          kTiles, 16, d.bias.data(), d.tile_outputs.data(),
                          2 * kTiles, d.dwords()});
     }},
    {"transpose_u8", kInputChannels* kPlaces, 1,
     [](const KernelTable& k, Data& d) {
       k.transpose_u8(d.input.data(), kInputChannels, kPlaces, d.octets(),
                      kInputChannels);
     }},
    {"attention_3_lines_of_20", 60 * kQueryChannels, 4,
     [](const KernelTable& k, Data& d) { d.Attention(k, true); }},
    {"attention_4_lines_of_15", 60 * kQueryChannels, 4,
     [](const KernelTable& k, Data& d) { d.Attention(k, false); }},
};

void RunPrimitive(benchmark::State& state, const Primitive& primitive,
                  Isa isa) {
  Data expected, data;
  primitive.run(kScalarKernels, expected);
  const KernelTable& kernels = *FindKernels(isa);
  primitive.run(kernels, data);
  if (std::memcmp(
          expected.out.data(), data.out.data(),
          static_cast<std::size_t>(primitive.values * primitive.bytes)) != 0) {
    state.SkipWithError("differs from the scalar kernel");
    return;
  }
  for (auto unused : state) {
    primitive.run(kernels, data);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * primitive.values);
}

}  // namespace
}  // namespace edge_int8::core

int main(int argc, char** argv) {
  using namespace edge_int8::core;
  for (const Isa isa : AvailableIsas()) {
    for (const Primitive& p : kPrimitives) {
      const std::string name = std::string(IsaName(isa)) + "/" + p.name;
      benchmark::RegisterBenchmark(
          name.c_str(),
          [&p, isa](benchmark::State& s) { RunPrimitive(s, p, isa); });
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
