// Arrays at the two ends of a model: a caller's windows as bytes in memory that
// C++ can read, a new NumPy array for the results. Tested by
// tests/python/test_arrays.py.
//
// What already lies as it is needed is read where it lies, through the buffer
// protocol, which costs a tenth of a microsecond. Everything else goes through
// edge_int8/_arrays.py, which converts it or says why not.
#ifndef EDGE_INT8_PYTHON_NUMPY_ARRAYS_H_
#define EDGE_INT8_PYTHON_NUMPY_ARRAYS_H_

#include <nanobind/nanobind.h>

#include <cstdint>
#include <span>

#include "src/base/tensor.h"

namespace edge_int8::python {

enum class Item { kFloat32, kUint8, kInt32 };

// A C-contiguous view of an object's memory; keeps the object alive.
class ArrayView {
 public:
  // Throws Python's TypeError for what is no such array and can't be made one.
  ArrayView(nanobind::handle array, Item item);
  ~ArrayView();
  ArrayView(const ArrayView&) = delete;
  ArrayView& operator=(const ArrayView&) = delete;

  std::span<const Py_ssize_t> shape() const {
    return {view_.shape, static_cast<std::size_t>(view_.ndim)};
  }
  template <typename T>
  T* data() const {
    return static_cast<T*>(view_.buf);
  }

 private:
  friend class NewArray;
  ArrayView() = default;
  bool Take(nanobind::handle array, Item item, int flags);

  nanobind::object converted_;
  Py_buffer view_ = {};
};

// numpy.empty(shape, dtype), to be written to.
class NewArray {
 public:
  NewArray(const Shape& shape, Item item);
  template <typename T>
  T* data() const {
    return view_.data<T>();
  }
  nanobind::object object() const { return object_; }

 private:
  nanobind::object object_;
  ArrayView view_;
};

// How many windows of shape `window` an array holds, and whether it is one
// window by itself. Throws Python's ValueError naming both shapes.
struct WindowCount {
  int64_t count = 0;
  bool alone = false;
  // The results' shape for one result's.
  Shape Of(const Shape& result) const;
};
WindowCount CountWindows(std::span<const Py_ssize_t> shape,
                         const Shape& window);

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_NUMPY_ARRAYS_H_
