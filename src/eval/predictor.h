// A model as a function from windows to poses or scores of classes, float or
// integer alike, so that one piece of code scores both. Tested by
// predictor_test.cc.
#ifndef EDGE_INT8_SRC_EVAL_PREDICTOR_H_
#define EDGE_INT8_SRC_EVAL_PREDICTOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/container/integer_graph.h"
#include "core/engine/engine.h"
#include "src/eval/model_fit.h"
#include "src/graph/model.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

class Predictor {
 public:
  virtual ~Predictor() = default;
  // Of one window; sizes of everything below.
  virtual const ModelShapes& shapes() const = 0;
  // Most windows one call of Predict takes.
  virtual int batch() const = 0;
  // windows: count inputs; poses: count outputs. Any threads may call it at
  // once: each call has scratch memory of its own.
  virtual void Predict(std::span<const float> windows, int count,
                       std::span<float> poses) = 0;
};

std::unique_ptr<Predictor> MakeFloatPredictor(const Model& model);
// Copies what it needs from the graph. Throws kUsage when this machine lacks
// the instruction set.
std::unique_ptr<Predictor> MakeIntegerPredictor(
    const core::IntegerGraph& graph, core::Isa isa = core::BestIsa());

// Outputs of all windows in the source's order, on all cores with progress
// under `label`; each rank of a job computes its share and has all. The result
// depends on neither count. The source's
// windows must be the model's (model_fit.h).
std::vector<float> PredictAll(Predictor& predictor, const WindowSource& source,
                              const std::string& label);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EVAL_PREDICTOR_H_
