// What each tensor's integers alone cost the network's output: a window is run
// with only one tensor rounded, and with every tensor but that one. Tested by
// tensor_study_test.cc against whole runs of the network.
//
// A tensor's cases differ from a plain run (nothing rounded, or everything)
// only behind that tensor, so only what reads it, directly or not, is computed
// again, by the fast float kernels. Rounding is that of fake_quant.h.
#ifndef EDGE_INT8_SRC_STUDY_EXPLAIN_TENSOR_STUDY_H_
#define EDGE_INT8_SRC_STUDY_EXPLAIN_TENSOR_STUDY_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/qgraph/plan.h"
#include "src/qgraph/qgraph.h"

namespace edge_int8 {

// How many exact values lie where in the range that the integers have.
struct RangeCounts {
  static constexpr int kBins = 32;  // equal parts of it
  int64_t below = 0, above = 0;     // are clipped
  std::array<int64_t, kBins> bins = {};

  // `place` is in [0, 1) inside.
  void Count(double place);
  void Merge(const RangeCounts& other);
};

// How far rounding moves a tensor's own values.
struct OwnError {
  double signal = 0;  // sum of squares
  double noise = 0;   // sum of squared differences
  RangeCounts range = {};
};

// A weight (with its convolution's bias) or an activation of the plan.
struct StudiedTensor {
  std::string name;
  bool is_weight = false;
  int bits = 8;
  int64_t values = 0;  // weights, or activations of one window
  // Share of the network's multiply-accumulates that read it.
  double macs_share = 0;
  OwnError weight_error;  // of a weight, known without any window
};

class TensorStudy {
 public:
  // `rounded` is the folded model or what a repair made of it; its weights are
  // brought to the plan's grid here.
  TensorStudy(const Model& folded, const Model& rounded, const Plan& plan);
  ~TensorStudy();
  TensorStudy(TensorStudy&&) noexcept;

  // In execution order; a convolution's weight before its result.
  const std::vector<StudiedTensor>& tensors() const;

  // Cases of one window: four, then two for each tensor.
  enum Case : std::size_t { kFloat, kWeights, kActivations, kEverything };
  std::size_t Only(std::size_t tensor) const { return 4 + 2 * tensor; }
  std::size_t AllBut(std::size_t tensor) const { return 5 + 2 * tensor; }
  std::size_t cases() const { return 4 + 2 * tensors().size(); }

  // Memory of one thread.
  struct Scratch;
  struct FreeScratch {
    void operator()(Scratch* scratch) const;
  };
  using ScratchPointer = std::unique_ptr<Scratch, FreeScratch>;
  ScratchPointer MakeScratch() const;

  // outputs: cases() of the graph's output, one after the other; own: one entry
  // per tensor, to which an activation's error is added. The same bits on every
  // call, whatever the thread.
  void Run(std::span<const float> window, Scratch& scratch,
           std::span<float> outputs, std::span<OwnError> own) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_STUDY_EXPLAIN_TENSOR_STUDY_H_
