// Tensors of a .tflite under construction with what they mean, and the steps
// between operators: layout, width, SiLU. Tested by tests/peers, in LiteRT and
// TFLite Micro.
//
// A value remembers in which order its channels, height and width lie in
// memory; an operator asks for the order it needs. So a transpose of the graph
// costs nothing by itself, and one that only moves extents of 1 never copies.
#ifndef EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_VALUES_H_
#define EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_VALUES_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "src/export/tflite/tflite_writer.h"
#include "src/graph/graph.h"

namespace edge_int8 {

// int8 with a zero point, or int16 around 0.
struct TfGrid {
  bool wide = false;
  double scale = 1;
  int32_t zero = 0;
};

using AxisOrder = std::array<int, 3>;  // of channels (0), height (1), width (2)
inline constexpr AxisOrder kChannelsFirst = {0, 1, 2};
inline constexpr AxisOrder kChannelsLast = {1, 2, 0};

struct TfValue {
  int tensor = -1;
  AxisOrder order = kChannelsLast;
  Extent extent;
  TfGrid grid;
};

class TfliteValues {
 public:
  TfliteWriter& writer() { return writer_; }

  // A new tensor [1][...] in this order. Names get a number: they are unique.
  TfValue New(const std::string& name, const Extent& extent, const TfGrid& grid,
              const AxisOrder& order = kChannelsLast);
  int List(const TfShape& values);

  TfValue InOrder(const TfValue& x, const AxisOrder& order);
  TfValue Reshape(const TfValue& x, const TfShape& shape,
                  const std::string& name);
  int Transposed(int tensor, const TfShape& order, const TfGrid& grid,
                 const std::string& name);

  // The same values on another grid: QUANTIZE, or nothing where it is the same.
  TfValue Requantized(const TfValue& x, const TfGrid& grid,
                      const std::string& name);
  // int16 with the same scale, which loses nothing; made once per tensor.
  TfValue Wide(const TfValue& x, const std::string& name);
  // x * logistic(x) in 16 bits, then onto `grid`.
  TfValue Silu(const TfValue& x, const TfGrid& grid, const std::string& name);
  // One operator on values of a shape, onto `grid`.
  TfValue Unary(TfOp op, const TfValue& x, const TfGrid& grid,
                const std::string& name);
  // Extents of 1 are repeated; both of one type.
  TfValue Binary(TfOp op, const TfValue& a, const TfValue& b,
                 const TfGrid& grid, const std::string& name);
  // A 16-bit constant that is repeated everywhere.
  TfValue Number(double value, const std::string& name);
  // Stored integers of a grid, [1][channels][height][width].
  TfValue Fixed(const Extent& extent, std::span<const int32_t> stored,
                const TfGrid& grid, const std::string& name);
  TfValue Sum(const TfValue& a, const TfValue& b, const TfGrid& grid,
              const std::string& name);

 private:
  std::string Unique(const std::string& name);

  TfliteWriter writer_;
  std::map<int, TfValue> wide_;
  int count_ = 0;
};

// A 16-bit grid 128 times as fine: what an 8-bit one is rounded from.
TfGrid FinerGrid(const TfGrid& grid);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_TFLITE_TFLITE_VALUES_H_
