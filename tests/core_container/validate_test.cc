// One broken rule at a time, made from a graph that is valid: the rules on the
// graph around its operators, and on an artifact around its graph.
#include "core/container/validate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/container/artifact.h"
#include "tests/core_container/changed_sample.h"

namespace edge_int8::core {
namespace {

TEST(Validate, TheSampleIsValid) {
  EXPECT_EQ(After([](IntegerGraph*) {}), Result{});
}

TEST(Validate, Counts) {
  EXPECT_EQ(ValidateGraph({}).status, Status::kTensorCount);
  EXPECT_EQ(
      After([](IntegerGraph* g) { g->tensors.resize(2049, g->tensors[0]); }),
      Result{Status::kTensorCount});
  EXPECT_EQ(After([](IntegerGraph* g) { g->ops.clear(); }),
            Result{Status::kOpCount});
  EXPECT_EQ(After([](IntegerGraph* g) { g->ops.resize(1025, g->ops[0]); }),
            Result{Status::kOpCount});
}

TEST(Validate, Tensors) {
  const auto tensor = [](std::size_t id,
                         const std::function<void(TensorSpec*)>& change) {
    return After([&](IntegerGraph* g) { change(&g->tensors[id]); });
  };
  const auto with = [](Status status, int32_t item) {
    return Result{status, -1, item};
  };
  EXPECT_EQ(tensor(3, [](auto* t) { t->height = 0; }),
            with(Status::kBadExtent, 3));
  EXPECT_EQ(tensor(3, [](auto* t) { t->width = -1; }),
            with(Status::kBadExtent, 3));
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  EXPECT_EQ(
      tensor(3, [](auto* t) { t->channels = t->height = t->width = kMax; }),
      with(Status::kBadExtent, 3));
  EXPECT_EQ(tensor(3, [](auto* t) { t->height = (1 << 24) / 4 + 1; }),
            with(Status::kBadExtent, 3));
  EXPECT_EQ(tensor(3, [](auto* t) { t->type = static_cast<Type>(4); }),
            with(Status::kBadType, 3));
  EXPECT_EQ(tensor(3, [](auto* t) { t->zero_point = 256; }),
            with(Status::kBadZeroPoint, 3));
  EXPECT_EQ(tensor(3, [](auto* t) { t->zero_point = -1; }),
            with(Status::kBadZeroPoint, 3));
  EXPECT_EQ(tensor(2, [](auto* t) { t->zero_point = 1; }),  // an s16 tensor
            with(Status::kBadZeroPoint, 2));
  EXPECT_EQ(tensor(0, [](auto* t) { t->type = Type::kS8; }),
            Result{Status::kBadInputTensor});
  EXPECT_EQ(After([](IntegerGraph* g) {
              for (TensorSpec& t : g->tensors) {
                t.channels = t.height = 1;
                t.width = 1 << 23;
              }
            }),
            Result{Status::kTooManyElements});
}

TEST(Validate, OrderOfOperators) {
  EXPECT_EQ(AfterOp<ConvOp>(kBranch, [](auto* op) { op->input = 99; }),
            (Result{Status::kTensorId, kBranch, 99}));
  EXPECT_EQ(AfterOp<ConvOp>(kBranch, [](auto* op) { op->input = -1; }),
            (Result{Status::kTensorId, kBranch, -1}));
  EXPECT_EQ(AfterOp<ConvOp>(kBranch, [](auto* op) { op->output = 99; }),
            (Result{Status::kTensorId, kBranch, 99}));
  EXPECT_EQ(After([](IntegerGraph* g) { std::swap(g->ops[0], g->ops[1]); }),
            (Result{Status::kReadBeforeWrite, 0, 1}));
  EXPECT_EQ(After([](IntegerGraph* g) { g->ops[1] = g->ops[0]; }),
            (Result{Status::kWrittenTwice, 1, 1}));
  EXPECT_EQ(
      AfterOp<TransposeOp>(kPose, [](auto* op) { op->output = op->input; })
          .status,
      Status::kExtentMismatch);
  EXPECT_EQ(After([](IntegerGraph* g) { g->tensors.push_back(g->tensors[1]); }),
            (Result{Status::kNeverWritten, -1, 13}));
  EXPECT_EQ(After([](IntegerGraph* g) { g->ops.pop_back(); }),
            (Result{Status::kNeverWritten, -1, 12}));
}

TEST(Validate, AnOperatorMayNotWriteTheInput) {
  IntegerGraph g;
  g.tensors = {{"", 1, 2, 2, Type::kU8, 0}};
  g.ops = {TransposeOp{0, 0, {0, 2, 1}}};
  EXPECT_EQ(ValidateGraph(g), (Result{Status::kWrittenTwice, 0, 0}));
}

TEST(Validate, OutputAndFloats) {
  EXPECT_EQ(After([](IntegerGraph* g) { g->output = 0; }),
            (Result{Status::kBadOutputTensor, -1, 0}));
  EXPECT_EQ(After([](IntegerGraph* g) { g->output = 1; }), Result{});
  EXPECT_EQ(After([](IntegerGraph* g) { g->output = 14; }),
            (Result{Status::kTensorId, -1, 14}));
  for (const float bad :
       {0.0f, -1.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    EXPECT_EQ(After([&](IntegerGraph* g) { g->input_factor = bad; }),
              Result{Status::kBadFloat});
    EXPECT_EQ(After([&](IntegerGraph* g) { g->output_scale = bad; }),
              Result{Status::kBadFloat});
  }
}

TEST(Validate, ExpTables) {
  EXPECT_EQ(After([](IntegerGraph* g) { g->exp_tables.coarse[0] = 32767; }),
            Result{Status::kBadExpTable});
  EXPECT_EQ(After([](IntegerGraph* g) { g->exp_tables.fine[0] = 32769; }),
            Result{Status::kBadExpTable});
  EXPECT_EQ(After([](IntegerGraph* g) { g->exp_tables.fine[200] = 32768; }),
            Result{Status::kBadExpTable});
}

TEST(Validate, TextsAndGoldenVectorsOfAnArtifact) {
  const auto after = [](const std::function<void(Artifact*)>& change) {
    Artifact artifact = SampleArtifact();
    change(&artifact);
    return ValidateArtifact(artifact);
  };
  EXPECT_EQ(after([](Artifact*) {}), Result{});
  EXPECT_EQ(after([](Artifact* a) { a->golden[2].output.pop_back(); }),
            (Result{Status::kGoldenSize, -1, 2}));
  EXPECT_EQ(after([](Artifact* a) { a->graph.output_scale = 0; }),
            Result{Status::kBadFloat});
  for (const char* bad :
       {"\x1b[2J", "a\nb", "\x7f", "\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf",
        "\xed\xa0\x80", "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_EQ(after([&](Artifact* a) { a->graph.tensors[3].name = bad; }),
              Result{Status::kBadText});
    EXPECT_EQ(after([&](Artifact* a) { a->provenance.recipe = bad; }),
              Result{Status::kBadText});
  }
  for (const char* good :
       {"", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf",
        "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(after([&](Artifact* a) { a->provenance.data = good; }), Result{});
  }
  EXPECT_EQ(
      after([](Artifact* a) { a->graph.name.assign(kMaxTextBytes + 1, 'x'); }),
      Result{Status::kBadText});
}

TEST(Status, EveryValueHasASentenceOfItsOwn) {
  std::vector<std::string_view> names;
  for (int i = 0; i < kStatusCount; ++i) {
    names.push_back(StatusName(static_cast<Status>(i)));
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_FALSE(names.front().empty());
}

}  // namespace
}  // namespace edge_int8::core
