// Contents under a right hash that are well-formed FlatBuffers, or nearly, and
// that SaveArtifact() never writes: each is refused by the rule it breaks.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "core/container/artifact.h"
#include "core/container/validate.h"
#include "core/container/wrapper.h"
#include "ei8_generated.h"
#include "tests/core_container/sample_artifact.h"

namespace edge_int8::core {
namespace {

Status LoadCrafted(std::span<const std::byte> bytes) {
  Artifact artifact;
  return LoadArtifact(bytes, &artifact).status;
}

using Builder = flatbuffers::FlatBufferBuilder;
template <class T>
using Offset = flatbuffers::Offset<T>;

// A content of two u8 tensors of one value, the second the output, around what
// `ops` adds.
struct Parts {
  std::vector<ei8::Op> types = {};
  std::vector<Offset<void>> ops = {};
  std::vector<Offset<ei8::LookupTable>> tables = {};
  uint32_t tensors = 2;
  uint32_t exp_entries = 0;
  uint32_t golden = 0;
  uint32_t data_files = 0;
};

Status LoadParts(const std::function<void(Builder&, Parts*)>& fill) {
  Builder b;
  Parts parts;
  fill(b, &parts);
  const auto text = b.CreateString("");
  std::vector<Offset<ei8::Tensor>> tensors(
      parts.tensors, ei8::CreateTensor(b, text, 1, 1, 1, 0, 0));
  const std::vector<Offset<ei8::DataFile>> files(
      parts.data_files, ei8::CreateDataFile(b, text, text));
  const std::vector<Offset<ei8::Golden>> golden(
      parts.golden, ei8::CreateGolden(b, 0, b.CreateVector<int32_t>({})));
  const auto exp =
      b.CreateVector(std::vector<uint16_t>(parts.exp_entries, 32768));
  const auto provenance = ei8::CreateProvenance(b, text, text, text, text,
                                                b.CreateVector(files), text);
  const auto stored_tensors = b.CreateVector(tensors);
  const auto types = b.CreateVector(parts.types);
  const auto ops = b.CreateVector(parts.ops);
  const auto tables = b.CreateVector(parts.tables);
  b.Finish(ei8::CreateContent(b, text, stored_tensors, types, ops, 1, tables,
                              parts.exp_entries > 0 ? exp : 0, 0, 255.0f, 1.0f,
                              provenance, b.CreateVector(golden)));
  return LoadCrafted(WrapContent(
      std::as_bytes(std::span(b.GetBufferPointer(), b.GetSize())), 2));
}

struct ConvParts {
  std::size_t weights = 1;
  std::size_t channels = 1;
  std::size_t shifts = 1;
  int32_t bits = 8;
  int16_t table = -1;
  uint8_t kind = 0;
};

Offset<ei8::Conv> AddConv(Builder& b, const ConvParts& p) {
  const auto weights =
      b.CreateVector(std::vector<uint8_t>(p.weights, p.bits == 4 ? 0x11 : 1));
  const auto bias = b.CreateVector(std::vector<int32_t>(p.channels));
  const auto mantissa =
      b.CreateVector(std::vector<int32_t>(p.channels, 1 << 30));
  const auto shift = b.CreateVector(std::vector<uint8_t>(p.shifts, 31));
  const ei8::Activation activation(0, 0, 255, p.table, p.kind);
  return ei8::CreateConv(b, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, p.bits,
                         weights, bias, mantissa, shift, &activation);
}

Status LoadConv(const ConvParts& conv) {
  return LoadParts([&](Builder& b, Parts* parts) {
    parts->types = {ei8::Op::Conv};
    parts->ops = {AddConv(b, conv).Union()};
  });
}

TEST(CraftedContent, MultipliersMustHaveAShiftEach) {
  EXPECT_EQ(LoadConv({}), Status::kOk);
  EXPECT_EQ(LoadConv({.shifts = 2}), Status::kChannelCount);
}

// 20 operators with the same 100,000 weights: a file of 100 KB must not fill
// 2 MB, and one of 60 MB not a machine.
TEST(CraftedContent, FieldsMayNotShareBytes) {
  EXPECT_EQ(LoadParts([](Builder& b, Parts* parts) {
              const auto conv = AddConv(b, {.weights = 100000});
              parts->types.assign(20, ei8::Op::Conv);
              parts->ops.assign(20, conv.Union());
            }),
            Status::kSharedBytes);
}

TEST(CraftedContent, PackedWeightsMustFitTheirShape) {
  EXPECT_EQ(LoadConv({.weights = 1, .channels = 1, .bits = 4}),
            Status::kBadPacking);  // The padding nibble is 1.
  EXPECT_EQ(LoadConv({.weights = 2, .channels = 1, .bits = 4}),
            Status::kBadPacking);
  EXPECT_EQ(LoadConv({.weights = 0, .channels = 0, .shifts = 0, .bits = 4}),
            Status::kChannelCount);  // The tensor has a channel.
}

TEST(CraftedContent, TablesMustBeThereAndHoldOneKindOfValue) {
  EXPECT_EQ(LoadParts([](Builder& b, Parts* parts) {
              const auto u8 = b.CreateVector(std::vector<uint8_t>(256));
              const auto steps = b.CreateVector(std::vector<int8_t>(255));
              parts->tables = {ei8::CreateLookupTable(b, u8, 0, 0, steps)};
            }),
            Status::kBadTable);
  EXPECT_EQ(LoadConv({.table = 0, .kind = 1}), Status::kBadTableIndex);
  EXPECT_EQ(LoadConv({.table = -1, .kind = 1}), Status::kBadTableIndex);
  EXPECT_EQ(LoadConv({.table = 0, .kind = 0}), Status::kBadTableIndex);
  const auto load_table = [](auto make) {
    return LoadParts([&](Builder& b, Parts* parts) {
      const auto u8 = b.CreateVector(std::vector<uint8_t>(256));
      const auto s16 = b.CreateVector(std::vector<int16_t>(4098));
      parts->tables = {make(b, u8, s16)};
    });
  };
  EXPECT_EQ(load_table([](Builder& b, auto u8, auto s16) {
              return ei8::CreateLookupTable(b, u8, s16);
            }),
            Status::kBadTable);
  EXPECT_EQ(load_table([](Builder& b, auto, auto) {
              return ei8::CreateLookupTable(b);
            }),
            Status::kBadTable);
  EXPECT_EQ(load_table([](Builder& b, auto, auto s16) {
              return ei8::CreateLookupTable(b, 0, s16);
            }),
            Status::kTableSize);
}

TEST(CraftedContent, TablesOfDifferencesStayInSixteenBits) {
  const auto load = [](int16_t first, int8_t step, std::size_t count) {
    return LoadParts([&](Builder& b, Parts* parts) {
      const auto steps = b.CreateVector(std::vector<int8_t>(count, step));
      parts->tables = {ei8::CreateLookupTable(b, 0, 0, first, steps)};
    });
  };
  EXPECT_EQ(load(0, 127, 259), Status::kBadTable);    // 32,893
  EXPECT_EQ(load(-1, -128, 256), Status::kBadTable);  // -32,769
  EXPECT_EQ(load(0, 0, 4097), Status::kTableSize);
  EXPECT_EQ(load(32767, 0, 10), load(0, 1, 255));  // No table is at fault.
}

TEST(CraftedContent, OperatorsOfAnotherVersionAreNamed) {
  for (const int type : {0, 16, 255}) {
    EXPECT_EQ(LoadParts([&](Builder& b, Parts* parts) {
                parts->types = {static_cast<ei8::Op>(type)};
                parts->ops = {AddConv(b, {}).Union()};
              }),
              Status::kUnknownOp)
        << type;
  }
}

TEST(CraftedContent, OneMoreThanTheLimitsIsTooMany) {
  const auto with = [](const std::function<void(Parts*)>& set) {
    return LoadParts([&](Builder&, Parts* parts) { set(parts); });
  };
  EXPECT_EQ(with([](Parts* p) { p->tensors = kMaxTensors; }),
            Status::kOpCount);  // There is no operator.
  EXPECT_EQ(with([](Parts* p) { p->tensors = kMaxTensors + 1; }),
            Status::kTensorCount);
  EXPECT_EQ(with([](Parts* p) { p->golden = kMaxGoldenVectors + 1; }),
            Status::kTooManyItems);
  EXPECT_EQ(with([](Parts* p) { p->data_files = kMaxDataFiles + 1; }),
            Status::kTooManyItems);
  EXPECT_EQ(with([](Parts* p) { p->exp_entries = 255; }), Status::kBadExpTable);
  EXPECT_EQ(LoadParts([](Builder& b, Parts* parts) {
              const auto conv = AddConv(b, {}).Union();
              parts->types.assign(kMaxOps + 1, ei8::Op::Conv);
              parts->ops.assign(kMaxOps + 1, conv);
            }),
            Status::kOpCount);
  EXPECT_EQ(LoadParts([](Builder& b, Parts* parts) {
              const auto table = ei8::CreateLookupTable(
                  b, b.CreateVector(std::vector<uint8_t>(1)));
              parts->tables.assign(kMaxTables + 1, table);
            }),
            Status::kTooManyItems);
}

// The length of a vector is just before its first element.
TEST(CraftedContent, AVectorLongerThanTheFileIsRefused) {
  const Artifact sample = SampleArtifact();
  const std::vector<std::byte> file = SaveArtifact(sample);
  std::span<const std::byte> inside;
  uint32_t version = 0;
  ASSERT_EQ(UnwrapContent(file, &inside, &version), Status::kOk);
  std::vector<std::byte> content(inside.begin(), inside.end());
  const auto* root = flatbuffers::GetRoot<ei8::Content>(content.data());
  const auto* weights =
      static_cast<const ei8::Conv*>(root->ops()->Get(0))->weights();
  auto* length = const_cast<uint8_t*>(weights->data()) - sizeof(uint32_t);
  for (const uint32_t size : {uint32_t{1} << 20, uint32_t{1} << 31, ~0u}) {
    std::memcpy(length, &size, sizeof(size));
    EXPECT_EQ(LoadCrafted(WrapContent(content, 1)), Status::kBadContent)
        << size;
  }
}

}  // namespace
}  // namespace edge_int8::core
