// The workbench's one exception as Python's, by kind (edge_int8/errors.py).
// Tested by tests/python/test_errors.py.
#ifndef EDGE_INT8_PYTHON_PYTHON_ERRORS_H_
#define EDGE_INT8_PYTHON_PYTHON_ERRORS_H_

namespace edge_int8::python {

void TranslateErrors();

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_PYTHON_ERRORS_H_
