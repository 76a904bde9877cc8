// Random integer graphs of many operators, small enough to compile.
#ifndef EDGE_INT8_TESTS_EXPORT_MANY_OPERATORS_H_
#define EDGE_INT8_TESTS_EXPORT_MANY_OPERATORS_H_

#include "tests/testing/random_integer_graph.h"

namespace edge_int8 {

// `last` makes the output.
inline core::IntegerGraph ManyOperators(uint64_t seed, core::OpKind last) {
  Choices choices(seed);
  return core::RandomIntegerGraph(choices,
                                  {.ops = 40, .max_values = 500, .last = last});
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_EXPORT_MANY_OPERATORS_H_
