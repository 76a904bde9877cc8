// What every reader of files from outside must do with any bytes: read them,
// or throw kBadInput. Anything else that is thrown ends the fuzzer.
#ifndef EDGE_INT8_TESTS_FUZZ_REFUSAL_H_
#define EDGE_INT8_TESTS_FUZZ_REFUSAL_H_

#include <cstdlib>
#include <functional>

#include "src/base/error.h"

namespace edge_int8 {

inline void ReadOrRefuse(const std::function<void()>& read) {
  try {
    read();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kBadInput) throw;
  }
}

inline void Expect(bool ok) {
  if (!ok) std::abort();
}

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_FUZZ_REFUSAL_H_
