// How the fused operators see a tensor: as rows of floats, cut in pieces.
// Tested by torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_SIMULATION_TENSOR_PIECES_H_
#define EDGE_INT8_TRAIN_SIMULATION_TENSOR_PIECES_H_

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdint>

#include "train/commands/task_loop.h"

namespace edge_int8::train {

inline const float* Read(const at::Tensor& x) { return x.data_ptr<float>(); }
inline float* Write(at::Tensor& x) { return x.data_ptr<float>(); }

// Rows are cut in pieces of this many values, so that few long rows still keep
// every thread busy and a piece stays in cache between its two passes.
inline constexpr int64_t kPiece = 8192;
inline int64_t PieceCount(int64_t length) {
  return (length + kPiece - 1) / kPiece;
}

// Calls body(row, piece, first, count) for each piece of [rows][length].
template <typename Body>
void ForEachPiece(int64_t rows, int64_t length, const Body& body) {
  const int64_t pieces = PieceCount(length);
  const int64_t grain = std::max<int64_t>(1, kPiece / length);
  ForEachRange(rows * pieces, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % pieces * kPiece;
      body(task / pieces, task % pieces, first,
           std::min(kPiece, length - first));
    }
  });
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_SIMULATION_TENSOR_PIECES_H_
