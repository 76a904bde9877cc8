// How often a text is inside another: a matcher would print the page.
#ifndef EDGE_INT8_TESTS_REPORT_COUNT_TEXT_H_
#define EDGE_INT8_TESTS_REPORT_COUNT_TEXT_H_

#include <cstddef>
#include <string>

namespace edge_int8 {

// Without overlaps.
inline std::size_t CountText(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_REPORT_COUNT_TEXT_H_
