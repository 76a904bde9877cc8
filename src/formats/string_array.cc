#include "src/formats/string_array.h"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "src/formats/numpy_text.h"
#include "src/formats/pickle.h"

namespace edge_int8 {
namespace {

std::vector<std::string> ReadObjects(const NpyView& array) {
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
    if (const auto* const text = item->As<std::string>()) {
      strings.push_back(*text);
    } else if (const auto* const bytes = item->As<PickleBytes>()) {
      strings.push_back(bytes->bytes);  // os.fsencode's, on POSIX a name too
    } else {
      array.Fail(fmt::format("value {} is not a str", strings.size()));
    }
  }
  return strings;
}

std::vector<std::string> ReadTexts(const NpyView& array) {
  const auto width = static_cast<std::size_t>(array.item_size());
  std::vector<std::string> strings;
  for (std::size_t at = 0; at < array.data().size(); at += width) {
    std::optional<std::string> text =
        TextOfNumpy(array.data().subspan(at, width));
    if (!text) {
      array.Fail(fmt::format("value {} is not Unicode text", strings.size()));
    }
    strings.push_back(std::move(*text));
  }
  return strings;
}

}  // namespace

std::vector<std::string> ReadStrings(const NpyView& array) {
  if (array.type() == NpyType::kObject) return ReadObjects(array);
  if (array.type() == NpyType::kText) return ReadTexts(array);
  array.Fail(
      fmt::format("holds {}, expected strings: |O or <U", array.type_name()));
}

}  // namespace edge_int8
