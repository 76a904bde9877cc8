// Whatever the bytes, Pickle refuses them or makes values of the known kinds.
#include <cstdint>
#include <span>

#include "src/formats/pickle.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    const edge_int8::Pickle pickle("x.pkl",
                                   std::as_bytes(std::span(data, size)));
    edge_int8::Expect(!pickle.root().value.valueless_by_exception());
  });
  return 0;
}
