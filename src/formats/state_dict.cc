#include "src/formats/state_dict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/formats/byte_reader.h"
#include "src/formats/pickle.h"
#include "src/formats/torch_storage.h"
#include "src/formats/zip_archive.h"

namespace edge_int8 {
namespace {

// What tensors may take altogether: views may share or repeat a storage, so
// a small file could otherwise ask for any amount.
constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint64_t kBytesPerFileByte = 8;

// torch.save before 1.6: a pickled magic number comes first.
constexpr std::string_view kLegacyMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

// The name without what DataParallel and torch.compile put before all names,
// in either order.
std::string_view OwnName(std::string_view name) {
  constexpr std::string_view kPrefixes[] = {"module.", "_orig_mod."};
  while (true) {
    const auto* const prefix = std::ranges::find_if(
        kPrefixes,
        [name](std::string_view before) { return name.starts_with(before); });
    if (prefix == std::end(kPrefixes)) return name;
    name.remove_prefix(prefix->size());
  }
}

void RefuseOtherFormats(const std::string& where, std::string_view text) {
  if (text.starts_with(kLegacyMagic)) {
    FailInput(
        where,
        fmt::format(
            "is in PyTorch's old format from before 1.6; this converts it: "
            "python3 -c \"import torch; torch.save(torch.load('{}', "
            "map_location='cpu', weights_only=True), 'converted.pth')\"",
            where));
  }
  if (text.empty()) {
    FailInput(where,
              "is empty, expected a zip archive as torch.save writes it");
  }
  if (!text.starts_with("PK")) {
    FailInput(where,
              "is not a PyTorch checkpoint: expected a zip archive as "
              "torch.save writes it");
  }
}

class Checkpoint {
 public:
  Checkpoint(std::string where, std::span<const std::byte> bytes)
      : archive_(std::move(where), bytes),
        budget_(kFreeBytes + kBytesPerFileByte * bytes.size()) {}

  std::vector<NamedTensor> Read() {
    prefix_ = FindPrefix();
    CheckByteOrder();
    const std::vector<std::byte> bytes =
        archive_.Read(prefix_ + "data.pkl", kMostPickleBytes);
    const Pickle pickle(
        fmt::format("{}, entry '{}data.pkl'", archive_.where(), prefix_),
        bytes);
    return ReadTensors(FindStateDict(pickle.root()));
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const {
    FailInput(archive_.where(), what);
  }

  // torch.save puts everything into one folder named after the file.
  std::string FindPrefix() const {
    constexpr std::string_view kIndex = "data.pkl";
    std::optional<std::string> prefix;
    for (const std::string& name : archive_.names()) {
      if (name.ends_with("constants.pkl")) {
        Fail(
            "is a TorchScript archive, expected a state dict; in Python: "
            "torch.save(torch.jit.load(path).state_dict(), 'out.pth')");
      }
      const std::string folder =
          name.substr(0, name.size() - std::min(name.size(), kIndex.size()));
      if (!name.ends_with(kIndex) ||
          (!folder.empty() && folder.back() != '/')) {
        continue;
      }
      if (prefix) Fail("holds more than one data.pkl");
      prefix = folder;
    }
    if (!prefix) Fail("is not a PyTorch checkpoint: it holds no data.pkl");
    return *prefix;
  }

  void CheckByteOrder() const {
    const std::string name = prefix_ + "byteorder";
    if (!archive_.Has(name)) return;  // Before PyTorch 2.1: little-endian.
    const std::vector<std::byte> order = archive_.Read(name, 16);
    if (AsText(order) != "little") {
      Fail("was saved on a big-endian machine, expected little-endian");
    }
  }

  const PickleDict& FindStateDict(const PickleValue& root) const {
    const auto* const dict = root.As<PickleDict>();
    if (dict == nullptr) Fail("holds no dict, expected a state dict");
    for (const std::string_view key : {"state_dict", "model_state_dict"}) {
      const PickleValue* const inner = dict->Find(key);
      if (inner == nullptr) continue;
      const auto* const state = inner->As<PickleDict>();
      if (state == nullptr) Fail(fmt::format("'{}' is not a dict", key));
      return *state;
    }
    return *dict;
  }

  std::vector<NamedTensor> ReadTensors(const PickleDict& state) {
    std::vector<NamedTensor> tensors;
    std::set<std::string_view> seen;
    for (const auto& [key, value] : state.items) {
      const auto* const full_name = key->As<std::string>();
      if (full_name == nullptr) Fail("a tensor's name is not a str");
      const std::string_view name = OwnName(*full_name);
      if (!seen.insert(name).second) {
        Fail(fmt::format("tensor '{}' appears twice", name));
      }
      const auto* const tensor = value->As<PickleTensor>();
      if (tensor == nullptr) {
        Fail(
            fmt::format("'{}' is not a tensor; expected a state dict, or one "
                        "under 'state_dict' or 'model_state_dict'",
                        *full_name));
      }
      tensors.push_back(ReadTensor(std::string(name), *tensor));
    }
    return tensors;
  }

  void Spend(uint64_t bytes, const std::string& name) {
    if (bytes > budget_) {
      Fail(
          fmt::format("tensor '{}' asks for more memory than a file of {} "
                      "bytes justifies",
                      name, archive_.file_bytes()));
    }
    budget_ -= bytes;
  }

  std::span<const std::byte> Storage(const PickleStorage& storage,
                                     const std::string& name) {
    const auto found = storages_.find(storage.key);
    const std::string entry = prefix_ + "data/" + storage.key;
    if (found == storages_.end()) {
      const uint64_t declared = archive_.DeclaredSize(entry);
      Spend(declared, name);
      return CheckSize(storages_[storage.key] = archive_.Read(entry, declared),
                       storage, entry);
    }
    return CheckSize(found->second, storage, entry);
  }
  // Two tensors may name one storage with different types or sizes.
  std::span<const std::byte> CheckSize(std::span<const std::byte> bytes,
                                       const PickleStorage& storage,
                                       const std::string& entry) const {
    const int64_t item = StorageItemSize(storage.type);
    const auto found = static_cast<int64_t>(bytes.size());
    if (found % item != 0 || found / item != storage.size) {
      Fail(
          fmt::format("entry '{}' has {} bytes, expected {} elements of {} "
                      "bytes",
                      entry, found, storage.size, item));
    }
    return bytes;
  }

  NamedTensor ReadTensor(std::string name, const PickleTensor& view) {
    CheckBounds(name, view);
    const PickleStorage& storage = *view.storage;
    Spend(
        static_cast<uint64_t>(*CheckedElementCount(view.sizes)) * sizeof(float),
        name);
    const std::span<const std::byte> bytes = Storage(storage, name);
    Tensor tensor(view.sizes);
    Shape index(view.sizes.size(), 0);
    Shape strides = view.strides;
    for (std::size_t axis = 0; axis < index.size(); ++axis) {
      // Along an axis of one element any stride is allowed and none is used.
      if (view.sizes[axis] == 1) strides[axis] = 0;
    }
    int64_t element = view.offset;
    for (float& value : tensor.data) {
      value = StorageElement(storage.type, bytes, element);
      // Counts `index` up like an odometer, last axis fastest.
      for (std::size_t axis = index.size(); axis-- > 0;) {
        element += strides[axis];
        if (++index[axis] < view.sizes[axis]) break;
        element -= strides[axis] * view.sizes[axis];
        index[axis] = 0;
      }
    }
    return {std::move(name), std::move(tensor), IsIntegerStorage(storage.type)};
  }

  // Checks that every element the strides reach is inside the storage.
  void CheckBounds(const std::string& name, const PickleTensor& view) const {
    const std::optional<int64_t> count = CheckedElementCount(view.sizes);
    bool inside = count && view.strides.size() == view.sizes.size() &&
                  view.offset >= 0 && view.storage->size >= 0;
    // Room left between the furthest element and the storage's end.
    int64_t room = inside ? view.storage->size - view.offset : 0;
    inside = inside && room >= (*count > 0 ? 1 : 0);
    for (std::size_t axis = 0; inside && axis < view.sizes.size(); ++axis) {
      const int64_t steps = std::max<int64_t>(view.sizes[axis] - 1, 0);
      const int64_t stride = view.strides[axis];
      if (*count == 0) {
        inside = stride >= 0;
        continue;
      }
      inside = stride >= 0 && (stride == 0 || steps <= (room - 1) / stride);
      if (inside) room -= steps * stride;
    }
    if (!inside) {
      Fail(fmt::format(
          "tensor '{}' of sizes ({}), strides ({}) and offset {} "
          "leaves its storage of {} elements",
          name, fmt::join(view.sizes, ", "), fmt::join(view.strides, ", "),
          view.offset, view.storage->size));
    }
  }

  ZipArchive archive_;
  uint64_t budget_;     // bytes that may still be allocated
  std::string prefix_;  // "half_random/"
  std::map<std::string, std::vector<std::byte>> storages_;
};

}  // namespace

std::vector<NamedTensor> ReadStateDict(const std::string& where,
                                       std::span<const std::byte> bytes) {
  RefuseOtherFormats(where, AsText(bytes));
  return Checkpoint(where, bytes).Read();
}

std::vector<NamedTensor> ReadStateDict(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ReadStateDict(path.string(), file.bytes());
}

}  // namespace edge_int8
