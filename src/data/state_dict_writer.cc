#include "src/data/state_dict_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/data/stored_zip.h"
#include "src/data/torch_storage.h"

namespace edge_int8 {
namespace {

static_assert(std::endian::native == std::endian::little,
              "storages are written as they lie in memory");

constexpr std::string_view kFolder = "archive/";

// The few opcodes of pickle protocol 2 that a state dict needs.
class Pickler {
 public:
  void Mark() { bytes_ += '('; }
  void Tuple() { bytes_ += 't'; }
  void EmptyTuple() { bytes_ += ')'; }
  void Reduce() { bytes_ += 'R'; }
  void SetItems() { bytes_ += 'u'; }
  void PersistentId() { bytes_ += 'Q'; }
  void False() { bytes_ += '\x89'; }
  void Global(std::string_view module, std::string_view name) {
    bytes_ += 'c';
    bytes_.append(module).append("\n").append(name).append("\n");
  }
  void String(std::string_view text) {
    bytes_ += 'X';
    LittleEndian(static_cast<uint64_t>(text.size()), 4);
    bytes_ += text;
  }
  void Integer(int64_t value) {
    if (value >= 0 && value <= INT32_MAX) {
      bytes_ += 'J';
      LittleEndian(static_cast<uint64_t>(value), 4);
    } else {
      bytes_ += "\x8a\x08";
      LittleEndian(static_cast<uint64_t>(value), 8);
    }
  }
  void Integers(const Shape& values) {
    Mark();
    for (const int64_t value : values) Integer(value);
    Tuple();
  }
  std::string Stop() { return bytes_ + '.'; }

 private:
  void LittleEndian(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    }
  }
  std::string bytes_{"\x80\x02"};  // PROTO 2
};

Shape ContiguousStrides(const Shape& shape) {
  Shape strides(shape.size());
  int64_t stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

// torch._utils._rebuild_tensor_v2(storage, offset, size, stride,
// requires_grad, backward_hooks).
void PickleTensor(Pickler& out, std::string_view storage_type,
                  const std::string& key, const Shape& shape) {
  out.Global("torch._utils", "_rebuild_tensor_v2");
  out.Mark();
  out.Mark();
  out.String("storage");
  out.Global("torch", storage_type);
  out.String(key);
  out.String("cpu");
  out.Integer(ElementCount(shape));
  out.Tuple();
  out.PersistentId();
  out.Integer(0);
  out.Integers(shape);
  out.Integers(ContiguousStrides(shape));
  out.False();
  out.Global("collections", "OrderedDict");
  out.EmptyTuple();
  out.Reduce();
  out.Tuple();
  out.Reduce();
}

template <typename T>
std::string RawBytes(const T* values, std::size_t count) {
  std::string bytes(count * sizeof(T), '\0');
  std::memcpy(bytes.data(), values, bytes.size());
  return bytes;
}

std::string TensorBytes(const Tensor& tensor, bool half) {
  if (!half) return RawBytes(tensor.data.data(), tensor.data.size());
  std::vector<uint16_t> halves(tensor.data.size());
  std::ranges::transform(tensor.data, halves.begin(), FloatToHalf);
  return RawBytes(halves.data(), halves.size());
}

}  // namespace

std::string StateDictBytes(std::span<const StateDictEntry> entries) {
  Pickler pickle;
  ZipMembers storages;
  pickle.Global("collections", "OrderedDict");
  pickle.EmptyTuple();
  pickle.Reduce();
  pickle.Mark();
  for (const StateDictEntry& entry : entries) {
    const std::string key = std::to_string(storages.size());
    const std::string member = std::string(kFolder) + "data/" + key;
    pickle.String(entry.name);
    if (const auto* tensor = std::get_if<Tensor>(&entry.value)) {
      PickleTensor(pickle, entry.half ? "HalfStorage" : "FloatStorage", key,
                   tensor->shape);
      storages.emplace_back(member, TensorBytes(*tensor, entry.half));
    } else {
      PickleTensor(pickle, "LongStorage", key, {});
      storages.emplace_back(member,
                            RawBytes(&std::get<int64_t>(entry.value), 1));
    }
  }
  pickle.SetItems();
  ZipMembers members = {{std::string(kFolder) + "data.pkl", pickle.Stop()}};
  members.insert(members.end(), storages.begin(), storages.end());
  members.emplace_back(std::string(kFolder) + "version", "3\n");
  return StoredZip(members);
}

void WriteStateDict(const std::filesystem::path& path,
                    std::span<const StateDictEntry> entries,
                    IfExists if_exists) {
  WriteFile(path, StateDictBytes(entries), if_exists);
}

}  // namespace edge_int8
