// How the reference reads tensors: by channel, row and column, as they are or
// without their zero point, and repeated where they are broadcast.
#ifndef EDGE_INT8_CORE_REFERENCE_REFERENCE_VIEW_H_
#define EDGE_INT8_CORE_REFERENCE_REFERENCE_VIEW_H_

#include <cstddef>
#include <cstdint>

#include "core/reference/run_reference.h"

namespace edge_int8::core {

inline const TensorSpec& SpecOf(const IntegerGraph& graph, int32_t id) {
  return graph.tensors[static_cast<std::size_t>(id)];
}

class TensorView {
 public:
  TensorView(const IntegerGraph& graph, const std::vector<Values>& tensors,
             int32_t id)
      : TensorView(SpecOf(graph, id), tensors[static_cast<std::size_t>(id)]) {}
  TensorView(const TensorSpec& spec, const Values& values)
      : spec_(spec), values_(values) {}

  const TensorSpec& spec() const { return spec_; }
  static std::size_t Index(const TensorSpec& spec, int c, int h, int w) {
    return static_cast<std::size_t>((c * spec.height + h) * spec.width + w);
  }
  int32_t Stored(int c, int h, int w) const {
    return values_[Index(spec_, c, h, w)];
  }
  // x', the stored value minus the zero point.
  int32_t At(int c, int h, int w) const {
    return Stored(c, h, w) - spec_.zero_point;
  }
  // An extent of 1 is repeated.
  int32_t Broadcast(int c, int h, int w) const {
    return At(spec_.channels == 1 ? 0 : c, spec_.height == 1 ? 0 : h,
              spec_.width == 1 ? 0 : w);
  }

 private:
  const TensorSpec& spec_;
  const Values& values_;
};

// y[c][h][w] = value(c, h, w) for all places of a tensor.
template <class Value>
Values FillTensor(const TensorSpec& spec, const Value& value) {
  Values y;
  y.reserve(static_cast<std::size_t>(spec.size()));
  for (int c = 0; c < spec.channels; ++c) {
    for (int h = 0; h < spec.height; ++h) {
      for (int w = 0; w < spec.width; ++w) y.push_back(value(c, h, w));
    }
  }
  return y;
}

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_REFERENCE_REFERENCE_VIEW_H_
