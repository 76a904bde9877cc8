#include "src/formats/state_dict_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/formats/pickler.h"
#include "src/formats/stored_zip.h"
#include "src/formats/torch_storage.h"

namespace edge_int8 {
namespace {

using namespace pickle_op;  // Opcodes and nothing else.

static_assert(std::endian::native == std::endian::little,
              "storages are written as they lie in memory");

constexpr std::string_view kFolder = "archive/";

void PickleInts(Pickler& out, const Shape& values) {
  out.Op(kMark);
  for (const int64_t value : values) out.Int(value);
  out.Op(kTuple);
}

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
void RebuildTensor(Pickler& out, std::string_view storage_type,
                   const std::string& key, const Shape& shape) {
  out.Global("torch._utils", "_rebuild_tensor_v2");
  out.Op(kMark);
  out.Op(kMark);
  out.Str("storage");
  out.Global("torch", storage_type);
  out.Str(key);
  out.Str("cpu");
  out.Int(ElementCount(shape));
  out.Op(kTuple);
  out.Op(kBinPersId);
  out.Int(0);
  PickleInts(out, shape);
  PickleInts(out, ContiguousStrides(shape));
  out.Op(kNewFalse);
  out.Global("collections", "OrderedDict");
  out.Op(kEmptyTuple);
  out.Op(kReduce);
  out.Op(kTuple);
  out.Op(kReduce);
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
  Pickler pickle(2);
  ZipMembers storages;
  pickle.Global("collections", "OrderedDict");
  pickle.Op(kEmptyTuple);
  pickle.Op(kReduce);
  pickle.Op(kMark);
  for (const StateDictEntry& entry : entries) {
    const std::string key = std::to_string(storages.size());
    const std::string member = std::string(kFolder) + "data/" + key;
    pickle.Str(entry.name);
    if (const auto* tensor = std::get_if<Tensor>(&entry.value)) {
      RebuildTensor(pickle, entry.half ? "HalfStorage" : "FloatStorage", key,
                    tensor->shape);
      storages.emplace_back(member, TensorBytes(*tensor, entry.half));
    } else {
      RebuildTensor(pickle, "LongStorage", key, {});
      storages.emplace_back(member,
                            RawBytes(&std::get<int64_t>(entry.value), 1));
    }
  }
  pickle.Op(kSetItems);
  ZipMembers members = {{std::string(kFolder) + "data.pkl", pickle.Finish()}};
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
