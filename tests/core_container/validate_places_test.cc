// Breaks each rule of validate_places.cc once.
#include <gtest/gtest.h>

#include "tests/core_container/every_operator.h"

namespace edge_int8::core {
namespace {

TEST(ValidatePlaces, PoolRanges) {
  const auto after = [](const std::function<void(WindowPoolOp*)>& change) {
    return AfterChange(kAverages, change);
  };
  const auto at = [](Status status, int item = -1) {
    return Result{status, kAverages, item};
  };
  for (const PlaceRange bad :
       {PlaceRange{-1, 1}, PlaceRange{1, 1}, PlaceRange{2, 1}, {0, 4}}) {
    EXPECT_EQ(after([&](auto* op) { op->rows[1] = bad; }),
              at(Status::kPlaceRange, 1));
  }
  EXPECT_EQ(after([](auto* op) { op->cols[0].end = 6; }),
            at(Status::kPlaceRange, 0));
  EXPECT_EQ(after([](auto* op) { op->rows.pop_back(); }),
            at(Status::kExtentMismatch, 8));
  EXPECT_EQ(after([](auto* op) { op->scale.pop_back(); }), Result{});
  EXPECT_EQ(after([](auto* op) { op->scale.clear(); }),
            at(Status::kChannelCount));
  EXPECT_EQ(after([](auto* op) { op->scale[1].shift = 0; }),
            at(Status::kMultiplierRange, 1));
  EXPECT_EQ(after([](auto* op) { op->kind = static_cast<PoolKind>(2); }),
            at(Status::kUnknownKind));
}

TEST(ValidatePlaces, AMaximumKeepsTypeAndZeroPoint) {
  const auto at = [](Status status, int item = -1) {
    return Result{status, kMaximizes, item};
  };
  EXPECT_EQ(AfterChange<WindowPoolOp>(kMaximizes,
                                      [](auto* op) { op->scale = {kHalf}; }),
            at(Status::kChannelCount));
  EXPECT_EQ(AfterGraphChange([](auto* g) { g->tensors[9].zero_point = 99; }),
            at(Status::kBadZeroPoint, 9));
  EXPECT_EQ(AfterGraphChange([](auto* g) {
              g->tensors[9].type = Type::kS16;
              g->tensors[9].zero_point = 0;
            }),
            at(Status::kResultType, 9));
}

// 32767 * 2^16 is below 2^31, and 32767 * (2^16 + 256) is not.
TEST(ValidatePlaces, SumsOfAPoolFit32Bits) {
  const auto of = [](int32_t rows) {
    IntegerGraph g;
    g.tensors = {{"", 1, rows, 256, Type::kU8, 0},
                 {"", 1, rows, 256, Type::kS16, 0},
                 {"", 1, 1, 1, Type::kS16, 0}};
    g.ops = {RequantizeOp{0, 1, kHalf, kWords}, WindowPoolOp{1,
                                                             2,
                                                             PoolKind::kAverage,
                                                             {{0, rows}},
                                                             {{0, 256}},
                                                             {kHalf},
                                                             kWords}};
    g.output = 2;
    return ValidateGraph(g);
  };
  EXPECT_EQ(of(256), Result{});
  EXPECT_EQ(of(257), (Result{Status::kAccumulatorRange, 1}));
}

// 1,000 windows of the whole input each, over 2^24 values.
TEST(ValidatePlaces, WorkOfAPoolIsCounted) {
  IntegerGraph g;
  g.tensors = {{"", 1, 4096, 4096, Type::kU8, 0},
               {"", 1, 8192, 1, Type::kU8, 0}};
  g.ops = {WindowPoolOp{0,
                        1,
                        PoolKind::kMax,
                        std::vector<PlaceRange>(8192, {0, 4096}),
                        {{0, 4096}},
                        {},
                        {}}};
  g.output = 1;
  EXPECT_EQ(ValidateGraph(g), (Result{Status::kTooMuchWork, 0}));
}

TEST(ValidatePlaces, ResizeTaps) {
  const auto after = [](const std::function<void(ResizeOp*)>& change) {
    return AfterChange(kResizes, change);
  };
  const auto at = [](Status status, int item = -1) {
    return Result{status, kResizes, item};
  };
  for (const ResizeTap bad :
       {ResizeTap{-1, 0, 0}, ResizeTap{6, 0, 0}, ResizeTap{0, -1, 0},
        ResizeTap{0, 6, 0}, ResizeTap{0, 0, -1}, ResizeTap{0, 0, 257}}) {
    EXPECT_EQ(after([&](auto* op) { op->cols[3] = bad; }),
              at(Status::kResizeTap, 3));
  }
  EXPECT_EQ(after([](auto* op) { op->rows[1].second = 1; }),
            at(Status::kResizeTap, 1));
  EXPECT_EQ(after([](auto* op) { op->rows.pop_back(); }),
            at(Status::kExtentMismatch, 11));
  EXPECT_EQ(after([](auto* op) { op->scale.mantissa = 1; }),
            at(Status::kMultiplierRange, 0));
}

Result AfterMove(const std::function<void(MoveOp*)>& change) {
  return AfterChange(kMoves, change);
}

Result Moved(Status status, int item = -1) { return {status, kMoves, item}; }

TEST(ValidatePlaces, AMoveStaysInItsTensors) {
  const Result outside = Moved(Status::kMoveBounds);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[0].input_offset = 0; }),
            outside);  // The mirrored axis then starts at -1.
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[0].input_offset = 2; }),
            outside);  // and ends at 8
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].output_offset = 5; }),
            outside);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].output_offset = -1; }),
            outside);
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms[1].output_offset = int64_t{1} << 62;
            }),
            outside);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].dims[0].extent = 5; }),
            outside);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].dims[0].input_stride = -2; }),
            outside);
}

TEST(ValidatePlaces, AMoveWritesNothingTwice) {
  const Result twice = Moved(Status::kMoveOverlap);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].output_offset = 1; }), twice);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].dims[1].output_stride = 0; }),
            twice);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms.push_back(op->terms[0]); }),
            twice);
  // More values than the output has, all at one place.
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms[0].dims = {{1 << 20, 0, 0}, {1 << 20, 0, 0}};
            }),
            twice);
  // Mirrored on the way out it is the same places.
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms[0].output_offset = 1;
              op->terms[0].dims[1].output_stride = -1;
            }),
            Result{});
}

TEST(ValidatePlaces, AMoveIsOfBoundedSize) {
  const Result limits = Moved(Status::kMoveLimits);
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms[0].dims.assign(9, {1, 0, 0});
            }),
            limits);
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[0].dims[0].extent = 0; }),
            limits);
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms[0].dims[0].input_stride = int64_t{1} << 60;
            }),
            limits);
  EXPECT_EQ(AfterMove([](auto* op) {
              op->terms.assign(kMaxMoveTerms + 1, op->terms[0]);
            }),
            limits);
}

TEST(ValidatePlaces, AMoveKeepsTypeAndZeroPoint) {
  EXPECT_EQ(AfterMove([](auto* op) { op->fill = 256; }),
            Moved(Status::kTableValue, 10));
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].input = 4; }),
            Moved(Status::kOperandType, 4));
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].input = 0; }),
            Moved(Status::kBadZeroPoint, 0));
  EXPECT_EQ(AfterMove([](auto* op) { op->terms[1].input = 12; }),
            Moved(Status::kReadBeforeWrite, 12));
  EXPECT_EQ(AfterMove([](auto* op) { op->terms.clear(); }), Result{});
}

// A move that writes everything can't write its fill: the range of what it
// wrote decides whether a convolution after it fits.
TEST(ValidatePlaces, AFillThatIsNeverWrittenCountsForNothing) {
  const auto moving = [](int32_t channels) {
    IntegerGraph g;
    g.tensors = {{"", 600, 1, 1, Type::kU8, 0},
                 {"", 600, 1, 1, Type::kS16, 0},
                 {"", 600, 1, 1, Type::kS16, 0},
                 {"", 1, 1, 1, Type::kS16, 0}};
    ConvOp conv = {2, 3};
    conv.weights.assign(600, 127);
    conv.bias = {0};
    conv.scale = {kHalf};
    conv.activation = kWords;
    g.ops = {RequantizeOp{0, 1, kHalf, {0, -1, 1, TableKind::kNone, {}}},
             MoveOp{2, 32767, {{1, 0, 0, {{channels, 1, 1}}}}}, conv};
    g.output = 3;
    return ValidateGraph(g);
  };
  EXPECT_EQ(moving(600), Result{});
  EXPECT_EQ(moving(599), (Result{Status::kAccumulatorRange, 2, 0}));
}

}  // namespace
}  // namespace edge_int8::core
