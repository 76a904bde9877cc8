#include "src/formats/pickled_tensors.h"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/python_quote.h"

namespace edge_int8 {
namespace {

// Limits that no trainer comes near; a small pickle can name one tensor again
// and again, and nest to any depth.
constexpr int kMostPickleDepth = 16;
constexpr std::size_t kMostNameBytes = 512;
constexpr std::size_t kMostTensors = 1 << 16;

bool IsTensorClass(std::string_view name) {
  return name.starts_with("torch._utils._rebuild") ||
         name.starts_with("torch._tensor._rebuild") ||
         (name.starts_with("torch.") && name.ends_with("Storage"));
}

// torch.nn.Module keeps what it is made of under these names.
bool IsModule(const PickleOpaque& object) {
  const auto* const state =
      object.detail == nullptr ? nullptr : object.detail->As<PickleDict>();
  return state != nullptr && (state->Find("_modules") != nullptr ||
                              state->Find("_parameters") != nullptr);
}

class Walker {
 public:
  Walker(const std::string& where, FoundTensors& found)
      : where_(where), found_(found) {}

  // `dict` and `name` are where the value lies, `place` Python's way there.
  void Walk(const PickleValue& value, const std::string& dict,
            const std::string& name, const std::string& place, int depth) {
    if (const auto* const tensor = value.As<PickleTensor>()) {
      AddTensor(*tensor, dict, name);
    } else if (const auto* const opaque = value.As<PickleOpaque>()) {
      AddOpaque(*opaque, dict, name, place);
    } else if (const auto* const array = value.As<PickleArray>()) {
      found_.arrays |= array->dtype.kind == 'f' && !array->shape.empty();
    } else if (depth < kMostPickleDepth) {
      WalkItems(value,
                name.empty() || dict.empty() ? dict + name : dict + "." + name,
                place, depth + 1);
    }
  }

 private:
  void WalkItems(const PickleValue& value, const std::string& dict,
                 const std::string& place, int depth) {
    const PickleItems* items = nullptr;
    if (const auto* const v = value.As<PickleList>()) items = &v->items;
    if (const auto* const v = value.As<PickleTuple>()) items = &v->items;
    const auto* const entries = value.As<PickleDict>();
    if (items == nullptr && entries == nullptr) return;
    if (!walked_.insert(&value).second) return;
    if (entries != nullptr) {
      for (const auto& [key, entry] : entries->items) {
        WalkEntry(*key, *entry, dict, place, depth);
      }
      return;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
      Walk(*(*items)[i], dict, std::to_string(i),
           fmt::format("{}[{}]", place, i), depth);
    }
  }
  void WalkEntry(const PickleValue& key, const PickleValue& entry,
                 const std::string& dict, const std::string& place, int depth) {
    std::string name;
    if (const auto* const text = key.As<std::string>()) name = *text;
    if (const auto* const number = key.As<int64_t>()) {
      name = std::to_string(*number);
    }
    if (name.empty() || dict.size() + name.size() > kMostNameBytes) return;
    Walk(entry, dict, name, fmt::format("{}[{}]", place, PythonQuote(name)),
         depth);
  }

  StoredTensor& Add(const std::string& dict, const std::string& name) {
    if (found_.tensors.size() == kMostTensors) {
      FailInput(where_,
                fmt::format("holds more than {} tensors", kMostTensors));
    }
    StoredTensor& tensor = found_.tensors.emplace_back();
    tensor.dict = dict;
    tensor.name = name;
    return tensor;
  }
  void AddTensor(const PickleTensor& view, const std::string& dict,
                 const std::string& name) {
    StoredTensor& tensor = Add(dict, name);
    tensor.type = view.storage->type;
    tensor.storage = view.storage->key;
    tensor.storage_size = view.storage->size;
    tensor.shape = view.sizes;
    tensor.strides = view.strides;
    // Both from the file; a sum that overflows is outside any storage.
    const bool fits = !__builtin_add_overflow(
        view.offset, view.storage->view_offset, &tensor.offset);
    if (!fits || view.offset < 0) tensor.offset = -1;
  }
  void AddOpaque(const PickleOpaque& object, const std::string& dict,
                 const std::string& name, const std::string& place) {
    if (IsTensorClass(*object.name)) {
      Add(dict, name).unreadable = StorageClass(object);
    } else if (IsModule(object)) {
      found_.modules.push_back({place, *object.name});
    } else if (found_.skipped.size() < 8) {
      found_.skipped.insert(*object.name);
    }
  }
  // A quantized tensor is made of a storage whose class says its type.
  static std::string StorageClass(const PickleOpaque& object) {
    const auto* const arguments =
        object.detail == nullptr ? nullptr : object.detail->As<PickleTuple>();
    if (arguments != nullptr && !arguments->items.empty()) {
      if (const auto* const storage = arguments->items[0]->As<PickleOpaque>()) {
        return *storage->name;
      }
    }
    return *object.name;
  }

  const std::string& where_;
  FoundTensors& found_;
  std::set<const PickleValue*> walked_;
};

}  // namespace

FoundTensors FindTensors(const std::string& where, const PickleValue& root) {
  FoundTensors found;
  Walker(where, found).Walk(root, "", "", "", 0);
  return found;
}

}  // namespace edge_int8
