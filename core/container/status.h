// What core/ says instead of throwing: a rule that was broken and where. Every
// value has a sentence; tests/core_container breaks each rule once and expects
// its value.
#ifndef EDGE_INT8_CORE_CONTAINER_STATUS_H_
#define EDGE_INT8_CORE_CONTAINER_STATUS_H_

#include <cstdint>
#include <string_view>

namespace edge_int8::core {

enum class Status : uint8_t {
  kOk,
  // The file (docs/container.md, "Reading").
  kFileTooLarge,
  kNotEi8,
  kBadWrapper,
  kUnknownVersion,
  kNeedsVersion2,
  kHashMismatch,
  kBadContent,
  kSharedBytes,
  kUnknownOp,
  kBadTableIndex,
  kBadTable,
  kBadPacking,
  kBadText,
  kTooManyItems,
  kGoldenSize,
  // The graph (docs/container.md, "What a valid graph is").
  kTensorCount,
  kOpCount,
  kBadExtent,
  kTooManyElements,
  kTooMuchWork,
  kBadType,
  kBadZeroPoint,
  kBadInputTensor,
  kBadOutputTensor,
  kBadFloat,
  kBadScale,
  kBadShape,
  kBadExpTable,
  kTensorId,
  kReadBeforeWrite,
  kWrittenTwice,
  kNeverWritten,
  kOperandType,
  kResultType,
  kBadGeometry,
  kExtentMismatch,
  kWeightBits,
  kWeightCount,
  kWeightRange,
  kChannelCount,
  kBiasRange,
  kMultiplierRange,
  kAccumulatorRange,
  kActivationRange,
  kTableSize,
  kTableValue,
  kTermCount,
  kFractionBits,
  kHeadCount,
  kRowLength,
  kOperandRange,
  kBinCount,
  kAxisOrder,
  kUnknownKind,
  kGroupCount,
  kGainRange,
  kEpsilonRange,
  kExtraBits,
  kPlaceRange,
  kResizeTap,
  kMoveLimits,
  kMoveBounds,
  kMoveOverlap,
  kGateTable,
  // Running it.
  kIsaUnavailable,
  kGoldenMismatch,
};

inline constexpr int kStatusCount =
    static_cast<int>(Status::kGoldenMismatch) + 1;

// A sentence without a full stop: "a weight is outside its bits".
std::string_view StatusName(Status status);

// The first broken rule. `op` counts operators from 0; `item` is the tensor,
// channel, term, bin or entry the rule is about; -1 where there is none.
struct Result {
  Status status = Status::kOk;
  int32_t op = -1;
  int32_t item = -1;

  bool ok() const { return status == Status::kOk; }
  bool operator==(const Result&) const = default;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_STATUS_H_
