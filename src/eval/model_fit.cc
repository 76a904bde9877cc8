#include "src/eval/model_fit.h"

#include <fmt/format.h>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/shape_match.h"

namespace edge_int8 {
namespace {

template <typename Extents>
Shape ShapeOf(const Extents& e) {
  return Squeezed({e.channels, e.height, e.width});
}

// A graph's own shapes where it has them, else its extents.
template <typename G, typename Extents>
ModelShapes Shapes(const G& graph, const Extents& input,
                   const Extents& output) {
  ModelShapes shapes{ShapeOf(input), ShapeOf(output)};
  if constexpr (requires { graph.input_shape; }) {
    if (!graph.input_shape.empty()) {
      shapes.input.assign(graph.input_shape.begin(), graph.input_shape.end());
    }
    if (!graph.output_shape.empty()) {
      shapes.output.assign(graph.output_shape.begin(),
                           graph.output_shape.end());
    }
  }
  return shapes;
}

bool Answers(const Shape& output, const Metric& metric) {
  if (!metric.is_classes()) {
    return ShapesAgree(output, {metric.joints, metric.dims});
  }
  const Shape scores = Squeezed(output);
  return scores.size() == 1 && scores[0] >= metric.classes;
}

}  // namespace

ModelShapes ShapesOf(const Graph& graph) {
  return Shapes(graph, graph.extent(0), graph.extent(graph.output));
}

ModelShapes ShapesOf(const core::IntegerGraph& graph) {
  return Shapes(graph, graph.tensors[0], graph.tensors[AsSize(graph.output)]);
}

void CheckModelFits(const std::filesystem::path& model,
                    const ModelShapes& shapes, const Dataset& dataset) {
  const Task& task = dataset.task();
  if (ShapesAgree(shapes.input, task.window) &&
      Answers(shapes.output, task.metric)) {
    return;
  }
  FailInput(model.string(),
            fmt::format("takes windows {} and gives {}; {} has {}",
                        ShapeText(shapes.input), ShapeText(shapes.output),
                        dataset.folder().string(), task.Text()));
}

}  // namespace edge_int8
