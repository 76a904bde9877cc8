#include "core/container/status.h"

#include <array>

namespace edge_int8::core {
namespace {

constexpr std::array<std::string_view, kStatusCount> kNames = {
    "ok",
    "larger than 64 MiB",
    "not an .ei8 file: the identifier is not EI8A",
    "truncated, or bytes around the content are not what the format says",
    "the format version is not 1 or 2",
    "something that format version 1 does not have in a file of version 1",
    "the content's SHA-256 differs from the stored one",
    "the content is not a well-formed FlatBuffer of this schema",
    "fields claim more bytes together than the content holds",
    "an operator of a kind this version does not know",
    "an activation names a table that is not there",
    "a table must hold either bytes or 16-bit values",
    "packed weights have the wrong length or a padding nibble that is not 0",
    "a text is not UTF-8, holds control characters or is longer than 65,536",
    "more tables, functions, golden vectors or data files than the limits",
    "golden outputs don't have the output tensor's size",
    "the number of tensors is not in [1, 2048]",
    "the number of operators is not in [1, 1024]",
    "an extent is below 1 or a tensor has more than 2^24 values",
    "the tensors have more than 2^26 values together",
    "the operators have more than 2^36 multiply-accumulates together",
    "a tensor's type is unknown",
    "a zero point is outside [0, 255], or not 0 where the type is not u8",
    "tensor 0, the input, must be u8",
    "the output must be a tensor that an operator writes",
    "the input factor and the output scale must be finite and positive",
    "a real scale is not finite and positive, or there are too few or many",
    "a shape's extents don't multiply to the tensor's size",
    "an exp table must start at 32768 and never increase",
    "a tensor number is outside the graph",
    "an operator reads a tensor that nothing wrote before it",
    "a tensor is written twice, or the input is written",
    "a tensor is never written",
    "an operand's type does not fit the operator",
    "the result's type does not fit the operator",
    "a convolution's geometry is outside the limits",
    "the result's extent is not what the operator makes",
    "weight bits must be 8, 4, 3 or 2",
    "the number of weights is not what the geometry says",
    "a weight is outside its bits",
    "biases, gains and multipliers must have one entry per channel",
    "a bias is 2^30 or more",
    "a multiplier's mantissa or shift is outside its range",
    "an accumulator could leave 32 bits",
    "an activation's zero point or clamp is outside its range",
    "a table's length is not what its kind says",
    "a result could be outside its tensor's type",
    "a sum must have 2 to 8 terms",
    "a sum's fraction bits must be in [1, 15]",
    "the channels don't divide into q, k, v and heads",
    "a softmax row is longer than 65,536, or than 256 in attention",
    "q, k and v must be in [-127, 127]",
    "the number of bins is outside the limits",
    "an axis is unknown, or a transpose's order is not a permutation",
    "an operator of a kind that is unknown",
    "the groups of a norm don't divide the channels",
    "a gain is larger than 8191",
    "a norm's epsilon is outside [1, 2^60]",
    "a softmax's extra bits are outside [0, 12]",
    "a pool's range of rows or columns is empty or leaves the input",
    "a resize reads outside the input, or a weight is outside [0, 256]",
    "a move's number of terms or axes, an extent or a stride is out of limits",
    "a move reads or writes outside a tensor",
    "a move writes a place twice",
    "a gate's table leaves the range of its function",
    "this program or this machine lacks that instruction set",
    "an output differs from the golden vector's",
};
static_assert(!kNames.back().empty());

}  // namespace

std::string_view StatusName(Status status) {
  const auto index = static_cast<std::size_t>(status);
  return index < kNames.size() ? kNames[index] : "unknown status";
}

}  // namespace edge_int8::core
