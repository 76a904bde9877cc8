// The graph while an ONNX file becomes one: appends nodes under unique names
// with their parameters, gives the same tensor for the same question twice, and
// remembers what later patterns want to know of a tensor. Tested by
// onnx_import_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_ONNX_EMITTER_H_
#define EDGE_INT8_SRC_NETS_ONNX_ONNX_EMITTER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "src/graph/model.h"
#include "src/nets/onnx/onnx_value.h"

namespace edge_int8 {

// A tensor that another one's values were moved into: in row-major order
// through `view`.
struct MovedFrom {
  TensorId base = 0;
  StridedView view;  // of three axes
};

// What a tensor is, for patterns of several nodes (onnx_norms.cc,
// onnx_attention.cc). The values are as the file's node saw them.
struct TensorNotes {
  // The mean of `source` over these axes, which it keeps at length 1.
  struct Mean {
    OnnxValue source;
    std::vector<int> axes;
    StridedView view;
  };
  // source minus its mean.
  using Centered = Mean;
  // a times b; which axes of a, b and the result play which part.
  struct Product {
    OnnxValue a, b;
    std::vector<int> batch_a, batch_b, rows, keys_a, keys_b, columns;
    StridedView view;  // axes batch, rows, columns in this order
  };
  struct Probabilities {
    OnnxValue scores;
    int axis = 0;
    StridedView view;
  };
  // source with zeros around.
  struct Padded {
    TensorId source = 0;
    int top = 0, bottom = 0, left = 0, right = 0;
  };
  std::optional<Mean> mean;
  std::optional<Centered> centered;
  std::optional<Product> product;
  std::optional<Probabilities> probabilities;
  std::optional<Padded> padded;
};

class OnnxEmitter {
 public:
  OnnxEmitter(std::string file, std::string network, Extent input);

  // Nodes are called after the file's node that is being read.
  void SetName(const std::string& name) { name_ = name; }

  // The extent a node may have; more is refused.
  TensorId Append(Op op, std::vector<TensorId> inputs);
  // `weight` is [out][in/groups][kernel_h][kernel_w].
  TensorId AppendConv(Conv conv, const std::vector<double>& weight,
                      const std::vector<double>& bias, TensorId input);
  // scale * x + shift per channel; an empty list is ones or zeros. Part of the
  // convolution or norm that makes x, otherwise a 1x1 convolution of each
  // channel by itself.
  TensorId AppendChannelwise(TensorId input, const std::vector<double>& scale,
                             const std::vector<double>& shift);
  TensorId AppendConstant(Extent extent, const std::vector<double>& values);
  // Once per tensor and function.
  TensorId AppendFunction(TensorId input, const Expression& e);
  // Once per question: all values of `view` (three axes) in row-major order.
  TensorId AppendMoved(TensorId input, const StridedView& view);

  // A new parameter of the node that comes next.
  std::string AddParameter(const std::string& suffix, const Shape& shape,
                           const std::vector<double>& values);

  const Extent& extent(TensorId id) const { return model_.graph.extent(id); }
  const Node* producer(TensorId id) const;  // nullptr: the input
  const Tensor& parameter(const std::string& name) const {
    return model_.Parameter(name);
  }
  const MovedFrom* moved_from(TensorId id) const;
  // The answer to a question that was answered before.
  std::optional<TensorId> answer(const std::string& question) const;
  void Remember(const std::string& question, TensorId id) {
    asked_.emplace(question, id);
  }
  TensorNotes& notes(TensorId id) { return notes_[id]; }
  const TensorNotes& notes(TensorId id) const;

  // What `output` needs of the model; the emitter is done.
  Model Finish(TensorId output);

 private:
  std::string UniqueName();
  std::optional<TensorId> MergeIntoConv(TensorId input,
                                        const std::vector<double>& scale,
                                        const std::vector<double>& shift);
  std::optional<TensorId> MergeIntoNorm(TensorId input,
                                        const std::vector<double>& scale,
                                        const std::vector<double>& shift);

  std::string file_;
  Model model_;
  std::string name_ = "input";
  std::string next_;  // the unique name that AddParameter() promised
  std::set<std::string> names_;
  std::map<std::string, int> next_number_;  // of names that are taken
  std::vector<int> producer_;
  std::map<TensorId, MovedFrom> moved_;
  std::map<TensorId, TensorNotes> notes_;
  std::map<std::string, TensorId> asked_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_ONNX_EMITTER_H_
