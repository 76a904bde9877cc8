#include "python/numpy_arrays.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "src/base/shape_match.h"

namespace nb = nanobind;

namespace edge_int8::python {
namespace {

struct ItemFacts {
  const char* format;  // of the buffer protocol
  const char* dtype;
  const char* converter;  // in _arrays.py
  std::size_t bytes;
};

const ItemFacts& FactsOf(Item item) {
  static constexpr ItemFacts kFacts[] = {{"f", "float32", "floats", 4},
                                         {"B", "uint8", "bytes_", 1},
                                         {"i", "int32", "integers", 4}};
  return kFacts[static_cast<std::size_t>(item)];
}

// Looked up once; Python's modules live as long as the interpreter, so these
// are never freed.
nb::handle NumpyEmpty() {
  static const nb::handle empty =
      nb::object(nb::module_::import_("numpy").attr("empty")).release();
  return empty;
}

nb::handle DtypeOf(Item item) {
  static const auto find = [](Item of) {
    return nb::module_::import_("numpy")
        .attr("dtype")(FactsOf(of).dtype)
        .release();
  };
  static const nb::handle dtypes[] = {find(Item::kFloat32), find(Item::kUint8),
                                      find(Item::kInt32)};
  return dtypes[static_cast<std::size_t>(item)];
}

bool Aligned(const void* data, std::size_t bytes) {
  return std::bit_cast<std::uintptr_t>(data) % bytes == 0;
}

Shape ShapeFrom(std::span<const Py_ssize_t> shape) {
  return {shape.begin(), shape.end()};
}

std::string TupleText(const Shape& shape, const std::string& first = {}) {
  std::string text = "(" + first;
  for (const auto extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + (shape.size() + (first.empty() ? 0 : 1) == 1 ? ",)" : ")");
}

}  // namespace

bool ArrayView::Take(nb::handle array, Item item, int flags) {
  if (PyObject_GetBuffer(array.ptr(), &view_,
                         PyBUF_FORMAT | PyBUF_ND | flags) != 0) {
    PyErr_Clear();
    view_ = {};
    return false;
  }
  const ItemFacts& facts = FactsOf(item);
  if (view_.format != nullptr && std::strcmp(view_.format, facts.format) == 0 &&
      Aligned(view_.buf, facts.bytes)) {
    return true;
  }
  PyBuffer_Release(&view_);
  view_ = {};
  return false;
}

ArrayView::ArrayView(nb::handle array, Item item) {
  if (Take(array, item, PyBUF_C_CONTIGUOUS)) return;
  converted_ = nb::module_::import_("edge_int8._arrays")
                   .attr(FactsOf(item).converter)(array);
  if (Take(converted_, item, PyBUF_C_CONTIGUOUS)) return;
  throw nb::type_error("the array can't be read through Python's buffers");
}

ArrayView::~ArrayView() {
  if (view_.obj != nullptr) PyBuffer_Release(&view_);
}

NewArray::NewArray(const Shape& shape, Item item) {
  const nb::object extents =
      nb::steal(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    // Takes over the new reference.
    PyTuple_SetItem(extents.ptr(), static_cast<Py_ssize_t>(i),
                    PyLong_FromLongLong(shape[i]));
  }
  object_ = NumpyEmpty()(extents, DtypeOf(item));
  if (!view_.Take(object_, item, PyBUF_WRITABLE)) {
    throw nb::type_error("numpy.empty gave no array that can be written");
  }
}

Shape WindowCount::Of(const Shape& result) const {
  return alone ? result : WithAxis(count, result);
}

// The window's own axes say that it is one; else the first axis counts, even
// where it is 1; else merged axes or missing axes of 1 are understood.
WindowCount CountWindows(std::span<const Py_ssize_t> shape,
                         const Shape& window) {
  if (std::ranges::equal(shape, window)) return {1, true};
  const Shape found = ShapeFrom(shape);
  if (found.size() > 1 &&
      ShapesAgree({found.begin() + 1, found.end()}, window)) {
    return {found[0], false};
  }
  if (!found.empty() && ShapesAgree(found, window)) return {1, true};
  throw nb::value_error(("x has shape " + TupleText(found) +
                         ", expected one window " + TupleText(window) +
                         " or a batch " + TupleText(window, "n"))
                            .c_str());
}

}  // namespace edge_int8::python
