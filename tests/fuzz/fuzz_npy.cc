// Whatever the bytes, NpyView refuses them or shows values that all lie inside
// them.
#include <cstdint>
#include <span>

#include "src/formats/npy.h"
#include "src/formats/string_array.h"
#include "tests/fuzz/refusal.h"

namespace edge_int8 {
namespace {

void ReadValues(const NpyView& view) {
  switch (view.type()) {
    case NpyType::kFloat16:
    case NpyType::kFloat32:
    case NpyType::kFloat64:
      Expect(static_cast<int64_t>(view.Floats().size()) == view.size());
      break;
    case NpyType::kInt8:
    case NpyType::kInt16:
    case NpyType::kInt32:
    case NpyType::kInt64:
    case NpyType::kUint16:
    case NpyType::kUint32:
    case NpyType::kUint64:
      Expect(static_cast<int64_t>(view.Integers().size()) == view.size());
      break;
    case NpyType::kUint8:
    case NpyType::kBool:
      Expect(static_cast<int64_t>(view.Values<uint8_t>().size()) ==
             view.size());
      break;
    case NpyType::kText:
    case NpyType::kObject:
      Expect(static_cast<int64_t>(ReadStrings(view).size()) == view.size());
      break;
  }
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  edge_int8::ReadOrRefuse([&] {
    edge_int8::ReadValues({"x.npy", std::as_bytes(std::span(data, size))});
  });
  return 0;
}
