#include "src/formats/torch_legacy.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/formats/byte_reader.h"
#include "src/formats/pickle.h"

namespace edge_int8 {
namespace {

constexpr int64_t kProtocolVersion = 1001;

// Bytes per element of the classes that are skipped: their storages must be
// stepped over all the same.
std::optional<int64_t> SkippedItemSize(std::string_view class_name) {
  constexpr std::pair<std::string_view, int64_t> kSizes[] = {
      {"torch.QInt8Storage", 1},          {"torch.QUInt8Storage", 1},
      {"torch.QUInt4x2Storage", 1},       {"torch.QInt32Storage", 4},
      {"torch.ComplexFloatStorage", 8},   {"torch.ComplexDoubleStorage", 16},
      {"torch.storage.UntypedStorage", 1}};
  for (const auto& [name, size] : kSizes) {
    if (name == class_name) return size;
  }
  return std::nullopt;
}

class TorchLegacy : public TensorFile {
 public:
  TorchLegacy(const std::string& where, std::span<const std::byte> bytes)
      : where_(where), bytes_(bytes) {
    // The magic number, by which the format was recognised: 80 bits.
    Next({.skip_unknown = true});
    CheckVersion(Next({}));
    CheckMachine(Next({.skip_unknown = true}));
    const Pickle value = Next({.skip_unknown = true});
    found_ = FindTensors(where_, value.root());
    ListItemSizes(value);
    // A file that ends after the value holds no storage, and needs none when
    // there is no tensor.
    if (at_ == bytes_.size() && found_.tensors.empty()) return;
    FindStorages(Next({}));
  }

  std::span<const std::byte> Storage(const StoredTensor& tensor,
                                     TensorBudget&) override {
    const auto found = storages_.find(tensor.storage);
    if (found == storages_.end()) {
      FailInput(where_, fmt::format("storage '{}' of tensor '{}' is missing",
                                    tensor.storage, tensor.name));
    }
    return found->second;
  }

 private:
  Pickle Next(PickleOptions options) {
    options.may_go_on = true;
    if (at_ == bytes_.size()) FailCut();
    Pickle pickle(where_, bytes_.subspan(at_), at_, options);
    at_ += pickle.bytes_read();
    return pickle;
  }
  [[noreturn]] void FailCut() const {
    FailInput(where_,
              fmt::format("is cut short: it ends at byte {}, before all "
                          "tensors of it; fetch it again",
                          bytes_.size()));
  }

  void CheckVersion(const Pickle& version) const {
    const auto* const number = version.root().As<int64_t>();
    if (number != nullptr && *number == kProtocolVersion) return;
    FailInput(where_, fmt::format("is not of version {} of the old format",
                                  kProtocolVersion));
  }
  void CheckMachine(const Pickle& machine) const {
    const auto* const dict = machine.root().As<PickleDict>();
    const PickleValue* const little =
        dict == nullptr ? nullptr : dict->Find("little_endian");
    const bool* const is_little =
        little == nullptr ? nullptr : little->As<bool>();
    if (is_little != nullptr && !*is_little) {
      FailInput(where_,
                "was saved on a big-endian machine, expected little-endian");
    }
  }

  // Bytes per element of every storage that the pickle names, used or not.
  void ListItemSizes(const Pickle& value) {
    for (const PickleValue& made : value.values()) {
      if (const auto* const storage = made.As<PickleStorage>()) {
        item_sizes_[storage->key] = StorageItemSize(storage->type);
      }
      const auto* const opaque = made.As<PickleOpaque>();
      const auto* const id = opaque == nullptr || opaque->detail == nullptr
                                 ? nullptr
                                 : opaque->detail->As<PickleTuple>();
      if (id == nullptr || id->items.size() < 3) continue;
      const auto* const key = id->items[2]->As<std::string>();
      const auto size = SkippedItemSize(*opaque->name);
      if (key != nullptr && size) item_sizes_.emplace(*key, *size);
    }
  }

  // [key, ...], then for each its number of elements and its bytes.
  void FindStorages(const Pickle& keys) {
    const auto* const list = keys.root().As<PickleList>();
    if (list == nullptr) FailInput(where_, "has no list of storages");
    ByteReader in(where_, bytes_.subspan(at_), at_);
    for (const PickleValue* const item : list->items) {
      const auto* const key = item->As<std::string>();
      if (key == nullptr) FailInput(where_, "a storage's key is not a str");
      const auto size = item_sizes_.find(*key);
      // Of a class that nothing here knows: what follows it can't be found.
      if (size == item_sizes_.end()) return;
      if (in.remaining() < sizeof(uint64_t)) FailCut();
      const auto count = in.Little<uint64_t>("a storage");
      const auto item_size = static_cast<uint64_t>(size->second);
      if (count > in.remaining() / item_size) FailCut();
      storages_[*key] = in.Take(count * item_size, "a storage");
    }
  }

  std::string where_;
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;  // of the next pickle
  std::map<std::string, int64_t> item_sizes_;
  std::map<std::string, std::span<const std::byte>> storages_;
};

}  // namespace

std::unique_ptr<TensorFile> OpenTorchLegacy(const std::string& where,
                                            std::span<const std::byte> bytes) {
  return std::make_unique<TorchLegacy>(where, bytes);
}

}  // namespace edge_int8
