// Time passed.
#ifndef EDGE_INT8_SRC_BASE_SECONDS_H_
#define EDGE_INT8_SRC_BASE_SECONDS_H_

#include <chrono>

namespace edge_int8 {

inline double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_SECONDS_H_
