// FloatModel: a checkpoint or an .onnx network, callable on arrays.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "python/bindings.h"
#include "python/float_model.h"
#include "python/long_call.h"
#include "python/numpy_arrays.h"
#include "python/verb_arguments.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace edge_int8::python {
namespace {

nb::object PredictFloats(FloatModel& model, nb::handle x) {
  const ArrayView in(x, Item::kFloat32);
  const WindowCount windows = CountWindows(in.shape(), model.shapes().input);
  const NewArray out(windows.Of(model.shapes().output), Item::kFloat32);
  LongCall([&] {
    std::ranges::copy(model.Run(in.data<const float>(), windows.count),
                      out.data<float>());
    return true;
  });
  return out.object();
}

}  // namespace

void BindFloatModel(nb::module_& module) {
  nb::class_<FloatModel> model(
      module, "FloatModel",
      "A float network of a .pth or .onnx file, as load() reads it. Threads "
      "may "
      "share it; their calls run one after the other.");
  model.def("__call__", &PredictFloats, "x"_a,
            nb::sig("def __call__(self, x: numpy.typing.ArrayLike) -> "
                    "numpy.typing.NDArray[numpy.float32]"),
            "Results of one window (shape input_shape) or of a batch (n, "
            "*input_shape), as float32.");
  model.def_prop_ro(
      "input_shape",
      [](const FloatModel& m) { return TupleOf(m.shapes().input); },
      nb::sig("def input_shape(self) -> tuple[int, ...]"),
      "Axes of one window, without the batch and without axes of 1.");
  model.def_prop_ro(
      "output_shape",
      [](const FloatModel& m) { return TupleOf(m.shapes().output); },
      nb::sig("def output_shape(self) -> tuple[int, ...]"),
      "Axes of one result, likewise.");
  model.def_prop_ro("path", &FloatModel::path, "The file it was read from.");
  model.def_prop_ro(
      "_network", [](const FloatModel& m) { return DictOf(m.network()); },
      "The arguments of load() that say what is in the file.");
  model.def_prop_ro("parameters", &FloatModel::parameters,
                    "Trainable parameters.");
  model.def("__repr__", [](const FloatModel& m) {
    return "<edge_int8.FloatModel " + m.path().string() + ": " +
           ShapeText(m.shapes().input) + " -> " + ShapeText(m.shapes().output) +
           ">";
  });
}

}  // namespace edge_int8::python
