#include "src/formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/json_place.h"
#include "src/formats/byte_reader.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr int kMostHeaderDepth = 8;  // Real headers need three levels.

std::optional<StorageType> TypeOf(std::string_view name) {
  constexpr std::pair<std::string_view, StorageType> kTypes[] = {
      {"F32", StorageType::kFloat32}, {"F64", StorageType::kFloat64},
      {"F16", StorageType::kFloat16}, {"BF16", StorageType::kBFloat16},
      {"I64", StorageType::kInt64},   {"I32", StorageType::kInt32},
      {"I16", StorageType::kInt16},   {"I8", StorageType::kInt8},
      {"U8", StorageType::kUint8},    {"BOOL", StorageType::kBool}};
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

class Safetensors : public TensorFile {
 public:
  Safetensors(const std::string& where, std::span<const std::byte> bytes)
      : where_(where) {
    ByteReader in(where, bytes);
    const auto length = in.Little<uint64_t>("the header's length");
    if (length > in.remaining()) {
      FailInput(where_, fmt::format("is a safetensors file that is cut short: "
                                    "its header has {} bytes, {} are there",
                                    length, in.remaining()));
    }
    if (length > kMostSafetensorsHeader) {
      FailInput(where_, fmt::format("has a header of {} bytes, expected at "
                                    "most {}",
                                    length, kMostSafetensorsHeader));
    }
    const json header = ParseHeader(AsText(in.Take(length, "the header")));
    data_ = in.Take(in.remaining(), "the tensors");
    for (const auto& [name, entry] : JsonPlace(header, where_).Members()) {
      if (name != "__metadata__") AddTensor(name, entry);
    }
    // JSON's order is lost; the file's is that of the bytes.
    std::ranges::stable_sort(found_.tensors, {}, &StoredTensor::offset);
    for (StoredTensor& tensor : found_.tensors) tensor.offset = 0;
  }

  std::span<const std::byte> Storage(const StoredTensor& tensor,
                                     TensorBudget&) override {
    const auto& [begin, end] = ranges_.at(tensor.name);
    return data_.subspan(begin, end - begin);
  }

 private:
  json ParseHeader(std::string_view text) {
    const std::size_t last = text.find_last_not_of('\0');
    if (last + 1 < text.size()) {
      warning_ = fmt::format(
          "{}: the safetensors header is padded with NUL bytes, where the "
          "format asks for blanks; read all the same",
          where_);
      text = text.substr(0, last + 1);
    }
    const auto watch = [this](int depth, json::parse_event_t, json&) {
      if (depth > kMostHeaderDepth) {
        FailInput(where_, "the safetensors header is nested too deep");
      }
      return true;
    };
    try {
      return json::parse(text, watch);
    } catch (const json::exception& error) {
      FailInput(where_, fmt::format("is no safetensors file: its header is "
                                    "not JSON: {}",
                                    error.what()));
    }
  }

  void AddTensor(const std::string& name, const JsonPlace& entry) {
    StoredTensor tensor;
    tensor.name = name;
    tensor.storage = name;
    const std::string type_name = entry.At("dtype").Text();
    for (const JsonPlace& extent : entry.At("shape").Items()) {
      tensor.shape.push_back(extent.Integer());
    }
    const std::vector<JsonPlace> offsets = entry.At("data_offsets").Items();
    if (offsets.size() != 2) entry.Fail("expected two data_offsets");
    const int64_t begin = offsets[0].Integer();
    const int64_t end = offsets[1].Integer();
    const auto all = static_cast<int64_t>(data_.size());
    if (begin < 0 || end < begin || end > all) {
      entry.Fail(
          fmt::format("data_offsets [{}, {}] leave the {} bytes of data; a "
                      "file that is cut short looks so",
                      begin, end, all));
    }
    tensor.offset = begin;  // For the order only.
    const std::optional<StorageType> type = TypeOf(type_name);
    if (type) {
      SetView(tensor, *type, end - begin, entry);
    } else {
      tensor.unreadable = fmt::format("safetensors type {}", type_name);
    }
    ranges_.emplace(name, std::pair(static_cast<std::size_t>(begin),
                                    static_cast<std::size_t>(end)));
    found_.tensors.push_back(std::move(tensor));
  }

  static void SetView(StoredTensor& tensor, StorageType type, int64_t bytes,
                      const JsonPlace& entry) {
    tensor.type = type;
    const std::optional<int64_t> count = CheckedElementCount(tensor.shape);
    const int64_t item = StorageItemSize(type);
    if (!count || bytes % item != 0 || bytes / item != *count) {
      entry.Fail(fmt::format("shape {} does not match its {} bytes",
                             ShapeText(tensor.shape), bytes));
    }
    tensor.storage_size = *count;
    int64_t stride = 1;
    tensor.strides.assign(tensor.shape.size(), 0);
    for (std::size_t axis = tensor.shape.size(); axis-- > 0;) {
      tensor.strides[axis] = stride;
      // An extent of 0 leaves no element to step to.
      stride *= std::max<int64_t>(*count == 0 ? 1 : tensor.shape[axis], 1);
    }
  }

  std::string where_;
  std::span<const std::byte> data_;
  std::map<std::string, std::pair<std::size_t, std::size_t>> ranges_;
};

}  // namespace

std::unique_ptr<TensorFile> OpenSafetensors(const std::string& where,
                                            std::span<const std::byte> bytes) {
  return std::make_unique<Safetensors>(where, bytes);
}

}  // namespace edge_int8
