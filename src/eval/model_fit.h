// Whether a model and a data set, or a file of windows, are of the same
// extents. Asked before a window is read: whatever reads or writes one takes
// its sizes from one side and trusts the other. Tested by model_fit_test.cc.
#ifndef EDGE_INT8_SRC_EVAL_MODEL_FIT_H_
#define EDGE_INT8_SRC_EVAL_MODEL_FIT_H_

#include <filesystem>

#include "core/container/integer_graph.h"
#include "src/base/tensor.h"
#include "src/graph/graph.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// Of one window, without the batch; axes of one are left out.
struct ModelShapes {
  Shape input;   // [540, 20]
  Shape output;  // [15, 2]
};
ModelShapes ShapesOf(const Graph& graph);
ModelShapes ShapesOf(const core::IntegerGraph& graph);

// Throws kBadInput, naming both extents, unless the model takes the data set's
// windows and answers with its poses, or with a score for each class and
// perhaps for classes that the set has none of.
void CheckModelFits(const std::filesystem::path& model,
                    const ModelShapes& shapes, const Dataset& dataset);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EVAL_MODEL_FIT_H_
