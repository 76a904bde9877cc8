#include "src/data/object_array.h"

#include <fmt/format.h>

#include "src/data/pickle.h"

namespace edge_int8 {

std::vector<std::string> ReadObjectStrings(const NpyView& array) {
  if (array.type() != NpyType::kObject) {
    array.Fail(fmt::format("holds {}, expected |O", NpyTypeName(array.type())));
  }
  const Pickle pickle(array.where(), array.data(), array.data_position());
  const auto* const objects = pickle.root().As<PickleArray>();
  if (objects == nullptr || objects->dtype.kind != 'O') {
    array.Fail(
        "the pickle inside is something else, expected a NumPy object "
        "array");
  }
  // The shape is also in the .npy header; the pickle's own was checked.
  if (static_cast<int64_t>(objects->items.size()) != array.size()) {
    array.Fail(fmt::format("the pickle inside has {} values, expected {}",
                           objects->items.size(), array.size()));
  }
  std::vector<std::string> strings;
  for (const PickleValue* const item : objects->items) {
    const auto* const text = item->As<std::string>();
    if (text == nullptr) array.Fail("a value is not a str");
    strings.push_back(*text);
  }
  return strings;
}

}  // namespace edge_int8
