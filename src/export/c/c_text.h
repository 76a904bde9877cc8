// Pieces of C source: names, arrays, a template's own prefix. Tested by
// c_text_test.cc.
#ifndef EDGE_INT8_SRC_EXPORT_C_C_TEXT_H_
#define EDGE_INT8_SRC_EXPORT_C_C_TEXT_H_

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Lower-case letters, digits and underscores, at most 40.
bool IsCName(std::string_view name);

// The nearest such name: "Half v2.1" becomes "half_v2_1"; "model" if nothing
// is left.
std::string CNameFrom(std::string_view text);

// Puts a model's prefix where the template has `ei8_` and `EI8_`, and its
// header where it has `ei8.h`.
std::string WithPrefix(std::string_view text, std::string_view name);

// Keeps what stands between the lines `#ifdef NAME` and `#endif` (or `#else`)
// where `names` has NAME, what follows `#else` where it has not, and no such
// line. NAME begins with `EI8_`; conditions don't nest.
std::string WithConditions(std::string_view text,
                           const std::set<std::string>& names);

// What may stand behind `//` on one line, whatever a model calls its tensors.
std::string CComment(std::string_view text);

// "static const int8_t name[3] = {\n    1, -2, 3,\n};\n", lines below 80
// columns. Integers only; INT32_MIN gets the form that C has for it.
std::string CArray(std::string_view type, std::string_view name,
                   std::span<const int64_t> values);

template <class T>
std::vector<int64_t> Widened(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_C_TEXT_H_
