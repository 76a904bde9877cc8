// The parts of the native module, each of a file of its own.
#ifndef EDGE_INT8_PYTHON_BINDINGS_H_
#define EDGE_INT8_PYTHON_BINDINGS_H_

#include <nanobind/nanobind.h>

namespace edge_int8::python {

void BindIntegerModel(nanobind::module_& module);
void BindFloatModel(nanobind::module_& module);
void BindVerbs(nanobind::module_& module);

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_BINDINGS_H_
