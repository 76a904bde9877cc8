// Whatever the bytes, Npz refuses them or reads arrays.
#include <cstdint>
#include <span>
#include <string>

#include "src/formats/npz.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using edge_int8::ReadOrRefuse;
  ReadOrRefuse([&] {
    const edge_int8::Npz npz("x.npz", std::as_bytes(std::span(data, size)));
    for (const std::string& name : npz.Names()) {
      ReadOrRefuse([&] { npz.Read(name); });
    }
  });
  return 0;
}
